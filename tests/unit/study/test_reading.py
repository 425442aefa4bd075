"""The readings' program runs under a plain sh, and its archive is read back whole or not at all."""

import subprocess
from datetime import UTC, datetime

import pytest

from lab.errors import HvlabError
from study.meters import Context
from study.reading import commands, program, unpack

LINES = {
    "plain": "echo hello",
    "quoted": "printf '%s\\n' \"it's\" '$HOME'",
    "fails": "echo partial; echo why >&2; exit 3",
    "silent": "true",
}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def archive(lines: dict[str, str]) -> bytes:
    done = subprocess.run(["sh", "-s"], input=program(lines).encode(), capture_output=True, check=True)
    return done.stdout


def test_outputs_come_back_untouched() -> None:
    outputs = unpack(archive(LINES), LINES, BEGAN)
    assert outputs["plain"].stdout == b"hello\n"
    assert outputs["quoted"].stdout == b"it's\n$HOME\n"
    assert outputs["silent"].stdout == b""
    assert (outputs["fails"].status, outputs["fails"].stdout, outputs["fails"].stderr) == (3, b"partial\n", b"why\n")
    assert [output.status for output in outputs.values()] == [0, 0, 3, 0]
    assert outputs["plain"].started == BEGAN
    assert all(output.seconds >= 0 for output in outputs.values())


def test_a_cut_off_archive_is_an_error() -> None:
    whole = archive(LINES)
    with pytest.raises(HvlabError, match=r"cut off|no reading came"):
        unpack(whole[: len(whole) // 3], LINES, BEGAN)


def test_a_missing_output_is_named() -> None:
    with pytest.raises(HvlabError, match="other"):
        unpack(archive({"plain": "echo"}), {"plain": "echo", "other": "echo"}, BEGAN)


@pytest.mark.parametrize("provider", ["kvm", "xen", "virtualbox"])
def test_the_cpu_is_read_before_anything_disturbs_it(provider: str) -> None:
    names = list(commands(Context(provider, "/x")))
    assert names[0] == "mpstat"
    assert ("xentop" in names) == (provider == "xen")
    assert {"free", "meminfo", "pss", "disk", "uname"} <= set(names)
