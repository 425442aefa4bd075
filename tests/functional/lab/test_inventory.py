"""What the present inputs name stays in the cache; the rest goes, unless somebody uses it."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.images.inventory import prune
from lab.settings import Settings
from tests.support.images import request_only, thing


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_locked_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used, free = thing("guest", "1"), thing("guest", "2")
    request_only(monkeypatch)
    program = f"import fcntl; f = open({str(used) + '.lock'!r}, 'w'); fcntl.flock(f, 2); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1) as other:
        assert other.stdout
        other.stdout.readline()
        left = prune(Settings(), dry_run=False)
        other.communicate(b"\n")
    assert left == {used.name: f"another command uses {used.name}", free.name: ""}
    assert used.is_dir()
    assert not free.exists()
