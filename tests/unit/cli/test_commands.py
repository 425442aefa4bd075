"""The commands as a person types them, in this process: one line for what is wrong.

That the real program does the same is tested in tests/functional/cli.
"""

import os
from pathlib import Path

import pytest

from lab.state.lock import acquire_lab
from tests.support.commands import Commands, Done


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("state", "cache"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"HVLAB_{name.upper()}", str(tmp_path / name))


def told(done: Done) -> str:
    """Return the line that says what is wrong; a hint follows, and nothing else."""
    assert done.status == 1
    assert done.stdout == ""
    first, *rest = [line for line in done.stderr.splitlines() if line]
    assert first.startswith("hvlab: ")
    assert [line.lstrip()[:5] for line in rest] == ["hint:"]
    return first


@pytest.mark.parametrize(
    ("words", "code", "names"),
    [
        (["lab.up", "--provider=hyperv"], "unknown-hypervisor", "'hyperv'"),
        (["study.run", "--provider=kvm,vmware"], "unknown-hypervisor", "'vmware'"),
        (["study.all", "--repeats=-1"], "bad-option", "--repeats=-1"),
        (["report.pdf", "--study=nowhere"], "no-study", "'nowhere'"),
        (["report.pdf", "--study=paper-2011", "--lang=xx"], "unknown-language", "'xx'"),
        (["report.pdf", "--study=paper-2011", "--weights=money=1"], "bad-option", "'money=1'"),
        (["report.pdf", "--study=paper-2011", "--host-memory=16"], "bad-option", "--host-memory=16"),
        (["lab.ssh", "server1"], "lab-is-down", ""),
        (["lab.console", "server1"], "lab-is-down", ""),
        (["lab.console", "labhost"], "no-lab-host", ""),
        (["lab.console", "labhost", "--lines=0"], "bad-option", "--lines=0"),
        (["lab.status", "--host=server"], "bad-host", "--host=server"),
        (["lab.screenshot", "server1"], "lab-is-down", ""),
        (["test", "--faults=0"], "options-exclude-each-other", "--faults=N"),
        (["test", "--fuzz=0"], "options-exclude-each-other", "--fuzz=N"),
        (["test", "--unit", "--whole"], "options-exclude-each-other", "--whole"),
        (["test", "--machines", "--unit"], "options-exclude-each-other", "--machines"),
        (["test", "--functional", "--faults=1"], "options-exclude-each-other", "--functional"),
        (["study.all", "--precision=3"], "bad-option", "--precision=3"),
        (["study.check", "--study=nowhere"], "no-study", "'nowhere'"),
        (["study.resume", "--study=paper-2011"], "study-was-published", "paper-2011"),
        (["study.import", "/nowhere", "--study=paper-2011"], "unreadable-file", "/nowhere/study.json"),
        (["lab.up", "--provider=kvm", "--guests=7"], "bad-option", "--guests=7"),
        (["image.fetch", "--os=centos-4"], "unknown-guest-os", "'centos-4'"),
        (["image.guest", "--os=hurd"], "unknown-guest-os", "'hurd'"),
        (["lab.up", "--provider=kvm", "--host=server"], "bad-host", "--host=server"),
        (["doctor", "--host=laptop"], "bad-host", "--host=laptop"),
        (["doctor", "--host=ssh://root:pw@server"], "bad-host", "a password has no place there"),
        (["doctor", "--provider=hyperv"], "unknown-hypervisor", "'hyperv'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_a_hint(words: list[str], code: str, names: str, call: Commands) -> None:
    done = call(*words)
    assert names in told(done)
    assert done.code == code


@pytest.mark.parametrize("words", [["lab.console", "labhost", "--lines=ten"], ["report.pdf", "--guests", "some"]])
def test_what_is_no_number_is_told_by_the_option(words: list[str], call: Commands) -> None:
    assert "is not a whole number" in told(call(*words))


def test_a_number_is_told_as_one_in_the_help(call: Commands) -> None:
    assert "--lines=INT" in call("--help", "lab.console").stdout


def test_check_tells_by_its_exit_status(call: Commands) -> None:
    done = call("study.check", "--study=paper-2011")
    assert (done.status, done.stdout) == (0, "study paper-2011 is valid\n")


def test_a_setting_that_is_wrong_is_named(call: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_LAB_HOST__MEMORY_MIB", "lots")
    done = call("lab.up", "--provider=kvm")
    assert done.code == "bad-setting"
    assert "lab_host.memory_mib" in told(done)


def test_too_little_memory(call: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_LAB_HOST__MEMORY_MIB", "99999999")
    done = call("lab.up", "--provider=kvm")
    assert done.code == "too-little-memory"
    assert told(done)


@pytest.mark.parametrize("words", [["lab.up", "--provider=kvm"], ["study.run", "--provider=kvm"], ["study.calibrate"]])
def test_a_lab_that_is_in_use_is_told_so_before_the_room_that_it_takes(
    words: list[str], call: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVLAB_LAB_HOST__MEMORY_MIB", "99999999")
    with acquire_lab(tmp_path / "state"):
        done = call(*words)
    assert done.code == "lab-locked"
    assert f"{tmp_path / 'state'}: process {os.getpid()}" in told(done)


def test_an_empty_cache_is_listed_and_pruned(call: Commands, tmp_path: Path) -> None:
    assert call("image.list").stdout.splitlines()[-1] == f"{tmp_path / 'cache'}: 0.0 GB"
    done = call("image.prune", "--dry-run")
    assert (done.status, done.stdout) == (0, "")


def test_a_file_where_a_folder_is_needed_is_one_line_and_a_hint(call: Commands, tmp_path: Path) -> None:
    (tmp_path / "state" / "lock").write_text("")
    (tmp_path / "state" / "tmp").write_text("")
    done = call("lab.down")
    assert told(done) == f"hvlab: File exists: {tmp_path}/state/tmp"
    assert "hint: remove the file or folder that is there" in done.stderr


def test_an_error_that_is_not_the_kits_is_shown_whole(call: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program is no line and hint: where it is must be seen."""
    monkeypatch.setattr("lab.status.print_status", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call("lab.status")
