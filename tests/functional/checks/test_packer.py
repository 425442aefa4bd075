"""Packer's files: what Packer finds, and what it cannot know; each on a broken copy of the project's own."""

import shutil
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.lint.packer import read_hcl
from lab.lint.run import check_project
from tests.support.recorded import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("packer", "guest-kickstart"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    return tmp_path


def test_the_project_breaks_none() -> None:
    count, found = check_project()
    assert found == []
    assert count >= 5


VARS = "packer/centos-5.5.pkrvars.hcl"
TEMPLATE = "packer/guest.pkr.hcl"
PLUGINS = "packer/plugins/required.pkr.hcl"


# What Packer itself finds; the kit's own rules are unit tests.
BROKEN = [
    (VARS, ("os           =", "os ="), "packer-fmt", f"{VARS}:1"),
    (VARS, ("1024", '"much"'), "packer-validate", None),
    (VARS, ('cpu_model = "qemu64"\n', ""), "packer-validate", None),
    (
        TEMPLATE,
        ('communicator                = "ssh"', 'communicator                = "smoke"'),
        "packer-validate",
        None,
    ),
    (PLUGINS, ("  required_plugins", " required_plugins"), "packer-fmt", PLUGINS),
    (PLUGINS, ("required_plugins {", "required_plugins"), "packer-fmt", PLUGINS),
    (TEMPLATE, ("headless    ", "headles     "), "packer-validate", TEMPLATE),
]


@pytest.mark.parametrize(("file", "change", "rule", "place"), BROKEN)
def test_a_broken_copy_is_found(copy: Path, file: str, change: tuple[str, str], rule: str, place: str | None) -> None:
    # One guest OS is enough.
    for other in (copy / "packer").glob("debian-*"):
        other.unlink()
    path = copy / file
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    _, found = check_project(copy)
    lines = [str(finding) for finding in found if finding.rule == rule]
    assert lines, found
    if place:
        assert any(line.startswith(f"{place}:") for line in lines), lines


def test_what_nobody_sets_is_found_by_name(copy: Path) -> None:
    """Only what hvlab sets when it builds has a stand-in."""
    file = copy / "packer/debian-12.pkrvars.hcl"
    shutil.copyfile(ROOT / "packer/three-missing.pkrvars.hcl", file)
    _, found = check_project(copy)
    missing = ["cpu_model", "shutdown_command", "ssh_username"]
    assert [finding.words.split(",")[0] for finding in found if finding.rule == "all-set"] == [
        f"no {it}" for it in missing
    ]
    packers = [finding.words for finding in found if finding.rule == "packer-validate"]
    assert len(packers) == len(missing)
    assert all(any(name in words for words in packers) for name in missing)


def test_a_byte_that_is_not_utf8_is_a_finding_and_hides_no_other(copy: Path) -> None:
    for name in (VARS, "guest-kickstart/centos-5.5.ks"):
        (copy / name).write_bytes(b"# caf\xe9\n" + (copy / name).read_bytes())
    other = copy / "packer/debian-12.pkrvars.hcl"
    other.write_text(other.read_text().replace('"debian-12"', '"debian-13"'))
    _, found = check_project(copy)
    assert {(str(finding.path), finding.rule) for finding in found} >= {
        (VARS, "hcl"),
        ("guest-kickstart/centos-5.5.ks", "encoding"),
        ("packer/debian-12.pkrvars.hcl", "right-name"),
    }


def test_newer_packers_are_told_a_plugin_for_each_builder() -> None:
    """Read by another parser than Packer's, since Packer 1.6 does not know the block."""
    (packer,) = read_hcl(PROJECT / PLUGINS)["packer"]
    (plugins,) = packer["required_plugins"]
    builders = {name.strip('"') for source in read_hcl(PROJECT / TEMPLATE)["source"] for name in source}
    named = {f"github.com/hashicorp/{builder.removesuffix('-iso')}" for builder in builders}
    assert {plugin["source"].strip('"') for plugin in plugins.values() if isinstance(plugin, dict)} == named


def test_the_template_declares_what_the_variables_name() -> None:
    """For `packer validate` one that it does not declare is only a warning."""
    declared = {name.strip('"') for block in read_hcl(PROJECT / TEMPLATE)["variable"] for name in block}
    for file in (PROJECT / "packer").glob("*.pkrvars.hcl"):
        assert set(read_hcl(file)) <= declared, file
