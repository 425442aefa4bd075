"""`./invoke doctor` as a person calls it; that it changes nothing."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.doctor.finding import Diagnosis

# All that is mounted becomes read-only; devices can still be opened, /proc and /sys read.
READ_ONLY = """\
cut -d ' ' -f 2 /proc/self/mounts | sort -u | while read -r place; do mount -o remount,bind,ro "$place" || exit 1; done
! touch "$HOME/x" /tmp/x /var/lib/x /run/x 2>/dev/null || { echo not read-only; exit 9; }
exec "$@"
"""


def call(*words: str, before: tuple[str, ...] = (), **environ: str) -> subprocess.CompletedProcess[str]:
    command = [*before, str(PROJECT / "invoke"), "doctor", *words]
    environment = {**os.environ, **environ}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=400)


def states(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    told = json.loads(done.stdout)
    told.pop("healthy")
    return {one.name: one.state for one in Diagnosis.model_validate(told).findings}


def marked(mark: str) -> list[str]:
    """Return the processes with a mark in their environment."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"HVLAB_DOCTOR_TEST={mark}".encode() in environ.read_bytes():
                found.append(environ.parent.name)
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            continue  # another's, or ended meanwhile
    return found


@pytest.mark.parametrize("host", ["nested", "local"])
def test_it_changes_nothing(host: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    mark = str(tmp_path)
    words = (f"--host={host}", "--json")
    free = call(*words, HOME=str(home), HVLAB_DOCTOR_TEST=mark)
    assert list(home.rglob("*")) == []
    assert marked(mark) == []
    namespace = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))
    held = call(*words, before=(*namespace, "sh", "-c", READ_ONLY, "sh"), HOME=str(home))
    # Where nothing can be written it sees the same: it needs to write nothing.
    assert states(held) == states(free), held.stderr
    assert held.returncode == free.returncode


def test_status_and_lines_follow_the_findings() -> None:
    told = call("--json", HVLAB_LAB_HOST__MEMORY_MIB="99999999")
    assert told.returncode == 1
    assert json.loads(told.stdout)["healthy"] is False
    assert states(told)["memory"] == "fail"
    lines = call(HVLAB_LAB_HOST__MEMORY_MIB="99999999", COLUMNS="40").stdout.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == list(states(told))
    assert [line.split()[0] for line in lines[:-1]] == list(states(told).values())
    assert lines[-1].startswith("nested: ")
    assert any(line.startswith("fail  memory") and "-> " in line for line in lines)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--host=ssh://127.0.0.1:1"], "127.0.0.1 cannot be reached over SSH"),
    ],
)
def test_bad_words_are_one_line(words: list[str], says: str) -> None:
    done = call(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr
