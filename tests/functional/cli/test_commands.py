"""The commands as a person types them: help, and one line for what is wrong."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.state.lock import acquire_lab


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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lab.up", "--provider=hyperv"], "unknown provider 'hyperv'"),
        (["study.run", "--provider=kvm,vmware"], "unknown provider 'vmware'"),
        (["study.all", "--repeats=-1"], "--repeats=-1"),
        (["report.pdf", "--study=nowhere"], "nowhere"),
        (["report.pdf", "--study=paper-2011", "--lang=xx"], "xx"),
        (["report.pdf", "--study=paper-2011", "--weights=money=1"], "'money=1' is no weight"),
        (["report.pdf", "--study=paper-2011", "--host-memory=16"], "--host-memory=16 is no amount of memory"),
        (["lab.ssh", "server1"], "the lab is down"),
        (["lab.console", "server1"], "the lab is down"),
        (["lab.console", "labhost"], "no lab host was booted"),
        (["lab.console", "labhost", "--lines=0"], "--lines=0"),
        (["lab.console", "labhost", "--lines=ten"], "--lines=ten is no whole number"),
        (["report.pdf", "--guests", "some"], "--guests=some is no whole number"),
        (["lab.status", "--host=server"], "--host=server: no such lab host"),
        (["lab.screenshot", "server1"], "the lab is down"),
        (["test", "--faults=0"], "--faults=N go alone"),
        (["test", "--unit", "--whole"], "--unit, --whole and --faults=N go alone"),
        (["study.all", "--precision=3"], "--precision=3 is no amount of memory"),
        (["study.check", "--study=nowhere"], "no study 'nowhere'"),
        (["study.resume", "--study=paper-2011"], "was published"),
        (["study.import", "/nowhere", "--study=paper-2011"], "cannot read /nowhere/study.json"),
        (["lab.up", "--provider=kvm", "--guests=7"], "--guests=7"),
        (["image.fetch", "--os=centos-4"], "no installation media are listed for 'centos-4'"),
        (["image.guest", "--os=hurd"], "no recipe for the guest OS 'hurd'"),
        (["lab.up", "--provider=kvm", "--host=server"], "--host=server: no such lab host"),
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
        ({"HVLAB_ACCEL": "fast"}, "HVLAB_ACCEL=fast is no acceleration"),
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


def test_check_tells_by_its_exit_status() -> None:
    done = invoke("study.check", "--study=paper-2011")
    assert (done.returncode, done.stdout) == (0, "study paper-2011 is whole\n")


def test_wrong_settings(tmp_path: Path) -> None:
    done = invoke("lab.up", "--provider=kvm", HVLAB_LAB_HOST__MEMORY_MIB="lots", HVLAB_STATE=str(tmp_path))
    assert done.returncode == 1
    assert "lab_host.memory_mib" in done.stderr


def test_too_little_memory(tmp_path: Path) -> None:
    done = invoke("lab.up", "--provider=kvm", HVLAB_LAB_HOST__MEMORY_MIB="99999999", HVLAB_STATE=str(tmp_path))
    assert done.returncode == 1
    assert "too little memory" in done.stderr


@pytest.mark.parametrize("words", [["lab.up", "--provider=kvm"], ["study.run", "--provider=kvm"], ["study.calibrate"]])
def test_a_lab_that_is_in_use_is_told_so_before_the_room_that_it_takes(words: list[str], tmp_path: Path) -> None:
    with acquire_lab(tmp_path):
        done = invoke(*words, HVLAB_LAB_HOST__MEMORY_MIB="99999999", HVLAB_STATE=str(tmp_path))
    assert done.returncode == 1
    assert f"another command uses the lab in {tmp_path}: process {os.getpid()}" in done.stderr


def test_image_check_finds_nothing_here() -> None:
    done = invoke("image.check")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("files, nothing found\n")


def test_an_empty_cache_is_listed_and_pruned(tmp_path: Path) -> None:
    assert invoke("image.list", HVLAB_CACHE=str(tmp_path)).stdout.splitlines()[-1] == f"{tmp_path}: 0.0 GB"
    done = invoke("image.prune", "--dry-run", HVLAB_CACHE=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")


def test_a_number_is_told_as_one_in_the_help() -> None:
    assert "--lines=INT" in invoke("--help", "lab.console").stdout


@pytest.mark.parametrize("words", [["doctor", "--json"], ["study.check", "--study=paper-2011"]])
def test_a_reader_that_has_gone_is_no_fault_of_ours(words: list[str], tmp_path: Path) -> None:
    """The pipe's other end is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    environ = {**os.environ, "HVLAB_STATE": str(tmp_path)}
    done = subprocess.run([PROJECT / "invoke", *words], stdout=write, stderr=subprocess.PIPE, check=False, env=environ)
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_file_where_a_folder_is_needed_is_one_line_and_a_hint(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("")
    (tmp_path / "tmp").write_text("")
    done = invoke("lab.down", HVLAB_STATE=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"hvlab: File exists: {tmp_path}/tmp"
    assert "hint: something else is in the way there" in done.stderr
    assert "Traceback" not in done.stderr


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
