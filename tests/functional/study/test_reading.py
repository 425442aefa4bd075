"""The readings' program runs under a plain sh, and its archive is read back whole or not at all."""

import os
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.connectors.patience import ConnectionLostError
from study.measure.collector import ask, collect, unpack
from study.measure.reader_script import in_one_session
from study.meters.base import Context
from study.meters.registry import meter
from study.meters.samples import repeated
from tests.functional.study.fakelab import LocalShell
from tests.support.errors import raises_code

LINES = {
    "plain": "echo hello",
    "quoted": "printf '%s\\n' \"it's\" '$HOME'",
    "fails": "echo partial; echo why >&2; exit 3",
    "silent": "true",
    "unended": "printf 'a\\nb'",
}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def archive(lines: dict[str, str]) -> bytes:
    done = subprocess.run(["sh", "-s"], input=in_one_session(lines).encode(), capture_output=True, check=True)
    return done.stdout


def test_outputs_come_back_untouched() -> None:
    outputs = unpack(archive(LINES), LINES, BEGAN)
    assert outputs["plain"].stdout == b"hello\n"
    assert outputs["quoted"].stdout == b"it's\n$HOME\n"
    assert outputs["silent"].stdout == b""
    assert outputs["unended"].stdout == b"a\nb"
    assert (outputs["fails"].status, outputs["fails"].stdout, outputs["fails"].stderr) == (3, b"partial\n", b"why\n")
    assert [output.status for output in outputs.values()] == [0, 0, 3, 0, 0]
    assert outputs["plain"].started == BEGAN
    assert all(output.seconds >= 0 for output in outputs.values())


def test_lines_that_take_several_samples_take_them_in_turn() -> None:
    lines = {
        "first": repeated("echo 1 >>order; echo one", 3),
        "second": repeated("echo 2 >>order; [ -e again ] || { : >again; echo why >&2; false; }", 3),
        "alone": "cat order",
    }
    outputs = unpack(archive(lines), lines, BEGAN)
    assert outputs["alone"].stdout.split() == [b"1", b"2"] * 3
    assert outputs["first"].stdout == b"one\n" * 3
    # One sample that fails is a reading that failed; the other line's is not.
    assert [outputs[name].status for name in lines] == [0, 1, 0]
    assert outputs["second"].stderr == b"why\n"
    # Two pauses for both, not for each.
    assert 1 <= outputs["first"].seconds < 2


def test_a_line_leaves_the_reader_as_it_was() -> None:
    """Its own loops and counters have names that meters do not have; what ends a shell ends its own."""
    lines = {"changes": "name=x; d=x; n=9; set -- a b c; sample=7; tool=1", "ends": "exec false", "after": "echo here"}
    outputs = unpack(archive(lines), lines, BEGAN)
    assert [outputs[name].status for name in lines] == [0, 1, 0]
    assert outputs["after"].stdout == b"here\n"


def test_a_cut_off_archive_is_an_error() -> None:
    whole = archive(LINES)
    with raises_code("reading-incomplete"):
        unpack(whole[: len(whole) // 3], LINES, BEGAN)


def test_a_missing_output_is_named() -> None:
    with raises_code("reading-incomplete", "other"):
        unpack(archive({"plain": "echo"}), {"plain": "echo", "other": "echo"}, BEGAN)


@pytest.fixture
def shell(tmp_path: Path) -> LocalShell:
    """A shell that keeps the reader's folder within the test's."""
    (tmp_path / "tools").mkdir()
    tool = tmp_path / "tools" / "mktemp"
    tool.write_text(f"#!/bin/sh\nexec /usr/bin/mktemp -d {tmp_path}/reading.XXXXXX\n")
    tool.chmod(0o755)
    return LocalShell(tmp_path / "config", "labhost", tmp_path)


def test_the_detached_reader_brings_the_same(shell: LocalShell, tmp_path: Path) -> None:
    before = datetime.now(UTC)
    outputs = collect(shell, LINES, timeout=30)
    assert [output.status for output in outputs.values()] == [0, 0, 3, 0, 0]
    assert outputs["quoted"].stdout == b"it's\n$HOME\n"
    assert before < outputs["plain"].started < datetime.now(UTC)
    assert list(tmp_path.glob("reading.*")) == []


def test_readings_are_fetched_again_when_the_connection_breaks(shell: LocalShell, tmp_path: Path) -> None:
    """The reader runs on without a connection, and what it has read stays until it has arrived."""
    left = [1, 2]

    def breaks(stdin: bytes) -> None:
        if b"cat done" in stdin and left:
            left.pop()
            raise ConnectionLostError("the connection broke")

    outputs = collect(replace(shell, breaks=breaks), LINES, timeout=60)
    assert outputs["quoted"].stdout == b"it's\n$HOME\n"
    assert left == []
    assert list(tmp_path.glob("reading.*")) == []


def test_the_detached_reader_is_nobodys_child(shell: LocalShell) -> None:
    """Neither this process nor the session's shell is above it, and it has a session of its own."""
    lines = {"who": "read -r pid name state ppid pgrp session rest </proc/$$/stat; echo $ppid $session $$"}
    parent, session, reader = collect(shell, lines, timeout=30)["who"].stdout.split()
    assert session == reader
    assert int(parent) != os.getpid()


def test_nothing_of_the_logins_environment_reaches_a_meter(shell: LocalShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these changes what a tool prints; the last is one that nobody has thought of."""
    names = ["TIME_STYLE", "QUOTING_STYLE", "LS_COLORS", "S_COLORS", "LANG", "LANGUAGE", "POSIXLY_CORRECT", "COLUMNS",
             "BLOCK_SIZE", "GREP_OPTIONS", "HVLAB_TEST"]  # fmt: skip
    for name in names:
        monkeypatch.setenv(name, "ko_KR.UTF-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    lines = {"shown": "/usr/bin/env"}
    for outputs in (collect(shell, lines, timeout=30), ask(shell, lines, timeout=30)):
        told = dict(line.split("=", 1) for line in outputs["shown"].stdout.decode().splitlines())
        kept = {"PATH", "HOME", "USER", "LOGNAME", "LC_ALL", "S_TIME_FORMAT"}
        assert told.keys() <= kept | {"PWD", "OLDPWD", "SHLVL", "_"}
        assert (told["LC_ALL"], told["HOME"]) == ("C", os.environ["HOME"])


def test_a_reader_that_was_killed_is_an_error_at_once(shell: LocalShell) -> None:
    begun = time.monotonic()
    with raises_code("reading-failed"):
        collect(shell, {"dies": "kill -9 $$"}, timeout=60)
    assert time.monotonic() - begun < 20


def test_a_reading_that_takes_too_long(shell: LocalShell) -> None:
    with raises_code("reading-timeout"):
        collect(shell, {"slow": "/bin/sleep 3"}, timeout=1)


def test_the_observer_is_read_by_the_reader_itself(shell: LocalShell) -> None:
    busy = "n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done"
    outputs = collect(
        shell, {"mpstat": f"sh -c '{busy}'", "observer": meter("observer").command(Context("kvm", "/kvm"))}, timeout=60
    )
    numbers = {each.metric: each.value for each in meter("observer").parse(outputs["observer"].stdout.decode())}
    assert 0 < numbers["pss"] < 5000
    assert numbers["cpu_tools"] > 0
    assert numbers["cpu_mpstat"] == pytest.approx(numbers["cpu_tools"] + numbers["cpu_shell"], rel=0.5)
