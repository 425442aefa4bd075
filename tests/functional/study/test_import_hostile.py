"""What a folder of somebody else may hold: only what its indexes name is copied, as plain files, up to a size."""

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import HvlabError
from study import intake
from study.merge import import_runs
from study.verify import check
from tests.functional.study.snapshots import snapshot

CAPTURE = "runs/kvm-01/captures/vm-1/uname.txt"
PICTURE = "runs/kvm-01/screens/server1.png"
SECRET = "root:*:19000:0:99999:7:::\n"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may")


def replace_by(study: Path, name: str, make: Callable[[Path], object]) -> None:
    (study / name).unlink()
    make(study / name)


def move_away(study: Path, name: str) -> None:
    (study / name).rename(study.parent / "away")
    (study / name).symlink_to(study.parent / "away")


def grow(file: Path, size: int) -> None:
    with file.open("r+b") as opened:
        opened.truncate(size)


def give_away(file: Path, study: Path) -> None:
    """Make a file a second name of one that belongs to another user than the folder does."""
    other = study.parent / "secret"
    other.write_text(SECRET)
    os.link(other, file)
    os.chown(study, 65534, 65534)


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (lambda s: replace_by(s, CAPTURE, lambda f: f.symlink_to("/etc/shadow")), "not-a-regular-file"),
    "endless": (lambda s: replace_by(s, PICTURE, lambda f: f.symlink_to("/dev/zero")), "not-a-regular-file"),
    "pipe": (lambda s: replace_by(s, CAPTURE, os.mkfifo), "not-a-regular-file"),
    "pipe as rows": (lambda s: replace_by(s, "measurements.csv", os.mkfifo), "not-a-regular-file"),
    "pipe as index": (lambda s: replace_by(s, "runs/kvm-01/screens/index.json", os.mkfifo), "not-a-regular-file"),
    "pipe as study": (lambda s: replace_by(s, "study.json", os.mkfifo), "not-a-regular-file"),
    "journal elsewhere": (
        lambda s: replace_by(s, "journal.jsonl", lambda f: f.symlink_to("/etc/shadow")),
        "not-a-regular-file",
    ),
    "folder": (lambda s: replace_by(s, CAPTURE, Path.mkdir), "not-a-regular-file"),
    "socket": (
        lambda s: replace_by(s, "calibration.json", lambda f: bind(s, f)) if (s / "calibration.json").exists()
        else bind(s, s / "calibration.json"),
        "not-a-regular-file",
    ),
    "linked folder": (
        lambda s: move_away(s, "runs/kvm-01"),
        "not-a-regular-file",
    ),
    "linked runs": (
        lambda s: move_away(s, "runs"),
        "not-a-regular-file",
    ),
    "sparse": (lambda s: grow(s / CAPTURE, 10 * 1024**3), "too-large"),
    "sparse study": (lambda s: grow(s / "study.json", 10 * 1024**3), "too-large"),
    "long index": (lambda s: grow(s / "runs/kvm-01/screens/index.json", 2 * intake.LARGEST_INDEX), "too-large"),
    "another's": (lambda s: replace_by(s, CAPTURE, lambda f: give_away(f, s)), "foreign-file"),
    "device": (lambda s: replace_by(s, CAPTURE, lambda f: os.mknod(f, stat.S_IFCHR | 0o666, os.makedev(1, 5))),
               "not-a-regular-file"),
}  # fmt: skip
OF_ROOT = ("another's", "device")


def bind(study: Path, file: Path) -> None:
    here = os.open(study, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{here}/{file.name}")
    os.close(here)


@pytest.mark.parametrize("name", [pytest.param(name, marks=AS_ROOT if name in OF_ROOT else ()) for name in HOSTILE])
def test_what_is_no_file_of_the_study_is_refused(two: tuple[Path, Path], name: str) -> None:
    ours, theirs = two
    spoil, code = HOSTILE[name]
    spoil(theirs)
    before = snapshot(ours.parent)
    with pytest.raises(HvlabError) as refusal:
        import_runs(ours, theirs)
    assert refusal.value.code == code
    assert "root:" not in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
    assert snapshot(ours.parent) == before


@pytest.mark.parametrize("entry", ["../../../../../secret", "/etc/passwd", "a/b", "", ".", "a\0b", "\ud800"])
def test_an_index_leads_nowhere_else(two: tuple[Path, Path], entry: str) -> None:
    ours, theirs = two
    index = theirs / "runs/kvm-01/captures/vm-1/index.json"
    entries = json.loads(index.read_text())
    index.write_text(json.dumps({**entries, entry: next(iter(entries.values()))}))
    before = snapshot(ours.parent)
    with pytest.raises(HvlabError):
        import_runs(ours, theirs)
    assert snapshot(ours.parent) == before


def test_nothing_is_copied_that_no_index_names(two: tuple[Path, Path]) -> None:
    ours, theirs = two
    for folder in ("", "runs", "runs/kvm-01", "runs/kvm-01/captures", "runs/kvm-01/captures/vm-1"):
        os.mkfifo(theirs / folder / "pipe")
        (theirs / folder / "link").symlink_to("/etc")
        (theirs / folder / ".hidden").write_text("x")
    shell = theirs / "runs/kvm-01/captures/vm-1/sh"
    shell.write_bytes(b"#!/bin/sh\n")
    shell.chmod(0o6755)
    many = theirs / "runs/kvm-01/captures/many"
    many.mkdir()
    for number in range(2000):
        (many / str(number)).touch()
    assert import_runs(ours, theirs) == ["kvm-03", "kvm-04"]
    assert check(ours) == []
    names = {path.relative_to(ours / "runs/kvm-03").as_posix() for path in (ours / "runs/kvm-03").rglob("*")}
    assert names == {path.relative_to(ours / "runs/kvm-01").as_posix() for path in (ours / "runs/kvm-01").rglob("*")}


def test_modes_and_owners_are_not_taken_over(two: tuple[Path, Path]) -> None:
    ours, theirs = two
    mask = os.umask(0o022)
    try:
        for path in theirs.rglob("*"):
            path.chmod(0o6777)
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
                path.chmod(0o6777)
        import_runs(ours, theirs)
    finally:
        os.umask(mask)
    for path in (ours / "runs/kvm-03", *(ours / "runs/kvm-03").rglob("*")):
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == (0o755 if path.is_dir() else 0o644)
        assert (status.st_uid, status.st_nlink if path.is_file() else 1) == (os.geteuid(), 1)


def test_very_many_and_very_much_are_refused(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = two
    before = snapshot(ours.parent)
    for limit, value in (("MOST_FILES", 20), ("MOST_BYTES", 1000)):
        with monkeypatch.context() as small, pytest.raises(HvlabError) as refusal:
            small.setattr(intake, limit, value)
            import_runs(ours, theirs)
        assert refusal.value.code == "too-large"
    assert snapshot(ours.parent) == before


def test_links_of_the_owners_own_are_files(two: tuple[Path, Path]) -> None:
    """Backups are made of hard links."""
    ours, theirs = two
    os.link(theirs / CAPTURE, theirs.parent / "backup")
    assert import_runs(ours, theirs) == ["kvm-03", "kvm-04"]
    assert (ours / "runs/kvm-03/captures/vm-1/uname.txt").stat().st_nlink == 1
