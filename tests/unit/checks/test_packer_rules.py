"""The kit's own rules for Packer's variables, each on a broken copy of the project's own; Packer itself is not run."""

import shutil
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.lint.packer import VAR_RULES, check_var_file

VARS = "packer/centos-5.5.pkrvars.hcl"
TEMPLATE = "packer/guest.pkr.hcl"
MEDIA = "guest-kickstart/centos-5.5.media.toml"

BROKEN = [
    (VARS, ('"centos-5.5"', '"centos-5.6"'), "right-name", 2),
    (VARS, ('"sha256:298a', '"md5:298a'), "pinned-iso", 4),
    (VARS, ('"sha256:298a', '"sha256:000a'), "listed-iso", 4),
    (MEDIA, ("netinstall.iso", "bin-DVD-1of2.iso"), "listed-iso", 3),
    (VARS, ("ks=http://{{ .HTTPIP }}", "ks=http://10.0.2.2"), "kickstart-named", 5),
    (VARS, ('os           = "centos-5.5"', 'os           = "centos-5.4"'), "kickstart-named", 2),
    (VARS, ('"centos-5.5"', '"centos-5.5'), "hcl", 1),
    (VARS, ('cpu_model = "qemu64"', 'cpu_modle = "qemu64"'), "declared", 7),
    (VARS, ('cpu_model = "qemu64"', 'cpu_modle = "qemu64"'), "all-set", 1),
    (TEMPLATE, ('variable "os" {', 'variable "os {'), "hcl", 1),
    (MEDIA, ("[", "[["), "listed-iso", 1),
]


@pytest.fixture(autouse=True)
def packer_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.lint.packer.valid", lambda template, file: iter(()))


@pytest.mark.parametrize(("file", "change", "rule", "line"), BROKEN)
def test_a_broken_copy_is_found(tmp_path: Path, file: str, change: tuple[str, str], rule: str, line: int) -> None:
    for name in (VARS, TEMPLATE, MEDIA, MEDIA.replace(".media.toml", ".ks")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(PROJECT / name, tmp_path / name)
    path = tmp_path / file
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    found = check_var_file(tmp_path / VARS, tmp_path / TEMPLATE, tmp_path / "guest-kickstart")
    assert (tmp_path / VARS, rule, line) in [(finding.path, finding.rule, finding.line) for finding in found]


def test_the_projects_own_break_none() -> None:
    assert check_var_file(PROJECT / VARS, PROJECT / TEMPLATE, PROJECT / "guest-kickstart") == []


def test_every_rule_has_a_broken_copy() -> None:
    named = {rule.__name__.replace("_", "-") for rule in VAR_RULES} | {"hcl"}
    assert {rule for _, _, rule, _ in BROKEN} == named
