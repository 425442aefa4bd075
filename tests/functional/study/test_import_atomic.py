"""An import is there or is not: after a full disk, a damaged source, a kill or a second import at the same time."""

import errno
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.paths import PROJECT
from dataset.folder import hold_study
from dataset.models import load_study
from study import merge
from study.merge import import_runs
from study.verify import check, require_valid
from tests.functional.study.snapshots import snapshot
from tests.support.errors import raises_code
from tests.support.examples import WHOLE

KILLS = 40 if WHOLE else 8
FAULTS = 60 if WHOLE else 12
# What writes, as Python's audit events are called.
WRITES = ("open", "os.mkdir", "os.link", "os.rename", "os.truncate")
_FORK = multiprocessing.get_context("fork")


class Faults:
    """Makes the next write but `left` below a folder fail as on a full disk; counts them."""

    def __init__(self) -> None:
        self.folder, self.left, self.seen = "", -1, 0

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if not self.folder or event not in WRITES:
            return
        if event == "open" and not (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        if event == "os.mkdir" and Path(str(args[0])).is_dir():
            return
        if not any(isinstance(each, str | os.PathLike) and os.fspath(each).startswith(self.folder) for each in args):
            return
        self.seen += 1
        if self.seen == self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.folder)

    @contextmanager
    def armed(self, folder: Path, at: int) -> Iterator[None]:
        self.folder, self.left, self.seen = str(folder), at, 0
        try:
            yield
        finally:
            self.folder = ""


FAULT = Faults()
# It cannot be taken back; without a folder it does nothing.
sys.addaudithook(FAULT)


def test_a_full_disk_at_any_write_leaves_the_study_as_it_was(two: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = two
    before = snapshot(ours.parent)
    spare = Path(shutil.copytree(ours, tmp_path / "spare" / "ours"))
    with FAULT.armed(spare.parent, -1):
        import_runs(spare, theirs)
    # The first is the lock's.
    for at in sorted(random.Random(7).sample(range(2, FAULT.seen + 1), FAULTS)):
        with FAULT.armed(ours.parent, at), pytest.raises(HvlabError) as failure:
            import_runs(ours, theirs)
        assert failure.value.code == "import-failed", at
        assert "No space left" in failure.value.message
        assert snapshot(ours.parent) == before, at
    assert import_runs(ours, theirs) == ["kvm-03", "kvm-04"]
    assert check(ours) == []


SMALL_DISK = """\
import shutil, subprocess, sys
from pathlib import Path
from core.errors import HvlabError
from study.merge import import_runs
from tests.functional.study.snapshots import snapshot
disk, ours, theirs = map(Path, sys.argv[1:4])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + sys.argv[4], "none", str(disk)], check=True)
here = Path(shutil.copytree(ours, disk / "ours"))
before = snapshot(disk)
try:
    import_runs(here, theirs)
except HvlabError as error:
    print(error.code, snapshot(disk) == before)
else:
    print("imported")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_full(two: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = two
    pages = sum(-(-path.stat().st_size // 4096) for path in ours.rglob("*") if path.is_file())
    disk = tmp_path / "disk"
    disk.mkdir()
    told = []
    for size in (pages * 4096 + 300_000, 64 * 1024**2):
        program = [sys.executable, "-c", SMALL_DISK, *map(str, (disk, ours, theirs, size))]
        done = subprocess.run(
            ["unshare", "--mount", "--propagation=private", *program], cwd=PROJECT, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        told.append(done.stdout.strip())
    assert told == ["import-failed True", "imported"]


def killed_after(seconds: float, ours: Path, theirs: Path) -> None:
    process = _FORK.Process(target=import_runs, args=(ours, theirs))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()


def test_a_kill_at_any_moment_leaves_the_study_before_or_after(two: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = two
    spare = Path(shutil.copytree(ours, tmp_path / "spare" / "ours"))
    begun = time.monotonic()
    killed_after(600, spare, theirs)
    whole = time.monotonic() - begun
    before, dice = snapshot(ours), random.Random(11)
    for _ in range(KILLS):
        killed_after(dice.uniform(0, 1.1 * whole), ours, theirs)
        if len(load_study(ours).runs) > 2:
            break
        assert snapshot(ours) == before
    if len(load_study(ours).runs) == 2:
        assert check(ours) == []
        assert import_runs(ours, theirs) == ["kvm-03", "kvm-04"]
    assert check(ours) == []
    # What a kill left goes with the next command that writes.
    with raises_code("imported-before"):
        import_runs(ours, theirs)
    assert [path.name for path in ours.parent.iterdir()] == ["ours"]


@pytest.mark.parametrize("step", ["clone", "save_study", "exchange", "sync_folder"])
def test_an_interrupt_at_any_step(two: tuple[Path, Path], step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = two
    before = snapshot(ours.parent)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(merge, step, interrupted)
        import_runs(ours, theirs)
    if step == "sync_folder":
        # It has happened; only its report is missing.
        assert len(load_study(ours).runs) == 4
    else:
        assert snapshot(ours.parent) == before
    assert check(ours) == []
    assert [path.name for path in ours.parent.iterdir()] == ["ours"]


def test_of_two_at_once_the_second_is_refused(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = two
    codes = []

    def second(folder: Path) -> None:
        with pytest.raises(HvlabError) as refusal:
            import_runs(ours, theirs)
        codes.append(refusal.value.code)
        require_valid(folder)

    monkeypatch.setattr(merge, "require_valid", second)
    assert import_runs(ours, theirs) == ["kvm-03", "kvm-04"]
    assert set(codes) == {"study-in-use"}
    assert check(ours) == []


def test_what_reads_a_study_may_be_many_and_keeps_an_import_out(two: tuple[Path, Path]) -> None:
    ours, theirs = two
    before = snapshot(ours)
    with hold_study(ours, shared=True), hold_study(ours, shared=True):
        with pytest.raises(HvlabError) as refusal:
            import_runs(ours, theirs)
        assert refusal.value.code == "study-in-use"
        assert f"process {os.getpid()}" in refusal.value.message
    assert snapshot(ours) == before
    with hold_study(ours), pytest.raises(HvlabError) as refusal, hold_study(ours, shared=True):
        pass
    assert refusal.value.code == "study-in-use"
    assert [path.name for path in ours.parent.iterdir()] == ["ours"]


def test_a_file_system_that_cannot_exchange_is_told(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = two
    before = snapshot(ours.parent)
    # No such flag: the kernel says EINVAL, as it does for a file system that has no exchange.
    monkeypatch.setattr("core.files._RENAME_EXCHANGE", 1 << 20)
    with pytest.raises(HvlabError) as refusal:
        import_runs(ours, theirs)
    assert refusal.value.code == "no-exchange"
    assert snapshot(ours.parent) == before


def test_own_files_stay_what_they_are(two: tuple[Path, Path]) -> None:
    ours, theirs = two
    notes = ours / "notes"
    notes.mkdir(0o750)
    (notes / "mine.txt").write_text("x")
    (notes / "mine.txt").chmod(0o640)
    (notes / "link").symlink_to("mine.txt")
    os.mkfifo(notes / "pipe")
    ours.chmod(0o711)
    before, numbers = snapshot(ours), {path: path.lstat().st_ino for path in notes.iterdir()}
    import_runs(ours, theirs)
    after = snapshot(ours)
    changed = {"study.json", "measurements.csv", "journal.jsonl"}
    assert {name: it for name, it in after.items() if name in before and name not in changed} == {
        name: it for name, it in before.items() if name not in changed
    }
    assert {path: path.lstat().st_ino for path in notes.iterdir()} == numbers
    assert ours.stat().st_mode & 0o777 == 0o711
    assert (ours / "runs/kvm-01/captures/vm-1/uname.txt").stat().st_nlink == 1
