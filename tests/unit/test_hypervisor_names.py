"""Nothing outside a hypervisor's own folders names it: to add one is to add files.

What is looked for are the words that the plug-ins declare (`Hypervisor.words`); a word in an identifier counts, too.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.paths import PROJECT
from hypervisors.registry import all_hypervisors

# The folders of production code. What is not there: hypervisors/, vagrant/lib/hvlab/NAME/, docs/, reference/, tests/;
# and packer/ and guest-kickstart/, which describe the guests' systems with the drivers that they have.
FOLDERS = ("core", "dataset", "factors", "lab", "study", "report", "templates", "commands", "vagrant")
FILES = ("hvlab.toml", "tasks.py", "invoke", "pyproject.toml")
SUFFIXES = {".py", ".rb", ".sh", ".j2", ".toml", ".erb", ".css", ".pl", ""}
# QEMU's accelerator for hardware virtualization of the nested lab host has the name of a hypervisor; it belongs to the
# machine that runs the lab, whatever is studied on it. File to the words that it may have.
ACCELERATOR = {
    "lab/images/acceleration.py": {"kvm"},
    "lab/images/qemu_command.py": {"kvm"},
    "lab/doctor/virtualization.py": {"kvm", "qemu-kvm"},
    "lab/images/qemu/build.sh": {"kvm"},
}


def patterns() -> dict[str, re.Pattern[str]]:
    """Hypervisor to what matches its words."""
    return {
        name: re.compile(rf"(?<![a-z0-9])(?:{'|'.join(each.words)})(?![a-z0-9])", re.IGNORECASE)
        for name, each in all_hypervisors().items()
    }


def files_in(*folders: str) -> Iterator[Path]:
    own = {PROJECT / "vagrant/lib/hvlab" / name for name in all_hypervisors()}
    for folder in folders:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.is_file() and path.suffix in SUFFIXES and not own & set(path.parents):
                yield path


def named_in(path: Path) -> list[str]:
    """List the lines of a file that name a hypervisor."""
    words_of = patterns()
    excepted = ACCELERATOR.get(str(path.relative_to(PROJECT)), set())
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for name, pattern in words_of.items():
            words = {word.lower() for word in pattern.findall(line)} - excepted
            found += [f"{path.relative_to(PROJECT)}:{number}: {name}: {', '.join(sorted(words))}"] if words else []
    return found


def test_no_hypervisor_is_named_outside_its_folders() -> None:
    files = [*files_in(*FOLDERS), *(PROJECT / name for name in FILES)]
    assert [line for path in files for line in named_in(path)] == []


def test_words_are_found_also_in_identifiers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.test_hypervisor_names.PROJECT", tmp_path)
    file = tmp_path / "module.py"
    file.write_text("XEN_FREE = 1\nif name == 'kvm': pass\nVBoxManage = 2\nboxes, maxlen, expert = 1, 2, 3\n")
    assert [line.split(": ", 1)[1] for line in named_in(file)] == ["xen: xen", "kvm: kvm", "virtualbox: vboxmanage"]
