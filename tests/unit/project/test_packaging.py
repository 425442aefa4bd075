"""What pyproject.toml says of the project fits the rest of it."""

import tomllib

from commands.linters import shell_scripts
from core.paths import PROJECT

SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())


def test_dependencies_are_among_the_pinned_packages() -> None:
    pinned = {line.strip() for line in (PROJECT / "requirements.in").read_text().splitlines()}
    assert set(SETTINGS["project"]["dependencies"]) <= pinned


def test_the_changelog_has_the_version() -> None:
    assert f"## [{SETTINGS['project']['version']}] - " in (PROJECT / "CHANGELOG.md").read_text()


def test_every_package_has_type_information() -> None:
    packages = [name.removesuffix("*") for name in SETTINGS["tool"]["setuptools"]["packages"]["find"]["include"]]
    missing = [name for name in packages if (PROJECT / name).is_dir() and not (PROJECT / name / "py.typed").is_file()]
    assert missing == []


def test_shell_scripts_are_found_by_suffix_and_by_first_line() -> None:
    found = shell_scripts(PROJECT)
    assert {"invoke", ".ci/run", "vagrant/lib/hvlab/virtualbox/bin/VBoxManage", "packer/debian-12.sh"} <= set(found)
    assert "lab/images/emulator.py" not in found
