"""The real program: what it prints, its exit status, and what other programs do to it.

Which errors the commands tell is tested in tests/unit/cli, in one process.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from core.paths import PROJECT


def invoke(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT / "invoke", *words], env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


def test_every_command_has_one_line_of_help() -> None:
    lines = invoke("--list").stdout.splitlines()
    commands = [line.split() for line in lines if line.startswith("  ")]
    assert {
        "study.all",
        "study.run",
        "report.pdf",
        "lab.up",
        "lab.down",
        "lab.ssh",
        "lab.status",
        "image.guest",
        "image.fetch",
    } <= {words[0] for words in commands}
    assert all(len(words) > 2 for words in commands)


# Each kind of error once: one of the kit's, one of the command line's parser, and hosts that are asked.
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lab.up", "--provider=hyperv"], "unknown provider 'hyperv'"),
        (["report.pdf", "--guests", "some"], "--guests=some is not a whole number"),
        (["lab.up", "--provider=xen", "--host=local"], "this machine runs the plain kernel, xen needs Xen"),
        (["study.run", "--provider=xen", "--host=local"], "this machine runs the plain kernel, xen needs Xen"),
        (["study.all", "--host=ssh://root@127.0.0.1:1"], "127.0.0.1 cannot be reached over SSH"),
    ],
)
def test_bad_input_is_one_line_and_a_hint(words: list[str], says: str, tmp_path: Path) -> None:
    done = invoke(*words, HVLAB_STATE=str(tmp_path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    first, *rest = [line for line in done.stderr.splitlines() if line]
    assert first.startswith("hvlab: ")
    assert says in first
    assert [line.lstrip()[:5] for line in rest] == ["hint:"]


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"HVLAB_ACCEL": "fast"}, "HVLAB_ACCEL=fast is not an acceleration"),
        ({"HOME": "/nonexistent"}, "nested runs no shell line: env: cannot change directory to '/nonexistent'"),
    ],
)
def test_an_environment_in_which_nothing_can_be_asked(environ: dict[str, str], says: str) -> None:
    done = invoke("doctor", **environ)
    assert done.returncode == 1
    assert done.stderr.startswith(f"hvlab: {says}")
    assert "  hint: " in done.stderr


def test_purging_nothing_is_said_and_is_no_error(tmp_path: Path) -> None:
    done = invoke("lab.purge", HVLAB_STATE=str(tmp_path / "lab"))
    assert done.returncode == 0
    assert done.stdout.startswith("nothing to remove: ")
    assert list(tmp_path.iterdir()) == []


def test_image_check_finds_nothing_here() -> None:
    done = invoke("image.check")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("files, no findings\n")


@pytest.mark.parametrize("words", [["doctor", "--json"], ["study.check", "--study=paper-2011"]])
def test_a_reader_that_has_gone_is_no_fault_of_ours(words: list[str], tmp_path: Path) -> None:
    """The pipe's other end is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    environ = {**os.environ, "HVLAB_STATE": str(tmp_path)}
    done = subprocess.run([PROJECT / "invoke", *words], stdout=write, stderr=subprocess.PIPE, check=False, env=environ)
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_full_disk_is_one_line_and_a_hint(tmp_path: Path) -> None:
    """A real disk, on which no more file can be made."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=1", "tmpfs", tmp_path], check=True)
    try:
        done = invoke("image.fetch", "--os=centos-5.5", HVLAB_CACHE=str(tmp_path))
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"hvlab: No space left on device: {tmp_path}" in done.stderr
    assert "hint: make room there" in done.stderr
