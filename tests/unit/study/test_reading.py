"""The readings' program runs under a plain sh, and its archive is read back whole or not at all."""

import io
import tarfile
from datetime import UTC, datetime

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.settings import Settings
from study.measure.collector import commands, context_for, expected_s, unpack


@pytest.mark.parametrize("provider", ["kvm", "xen", "virtualbox"])
def test_the_cpu_is_read_before_anything_disturbs_it(provider: str) -> None:
    names = list(commands(context_for(get_hypervisor(provider), Settings())))
    assert names[0] == "mpstat"
    assert ("xentop" in names) == (provider == "xen")
    assert {"free", "meminfo", "pss", "disk", "uname"} <= set(names)
    # The kit's own cost comes after all meters, evidence after it.
    assert names.index("disk") < names.index("observer") < names.index("uname")


def test_it_is_asked_for_when_it_should_be_done() -> None:
    context = context_for(get_hypervisor("xen"), Settings())
    lines = commands(context)
    # mpstat, free, xentop, and two pauses of half a second that the memory meters share.
    assert 10 + 4 + 5 + 1 < expected_s(lines) <= 10 + 4 + 5 + 1 + 0.3 * len(lines)


def archive(output: bytes) -> bytes:
    """Return what the lab host's program makes of one output."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (("index", b"free 0 1.00 2.00\n"), ("free.txt", output), ("free.err", b"")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize(
    "printed", [b"", b"a\nb\n", b"no end of line", b"hvlab-end lines=0 bytes=0\n", b"caf\xe9\r\n\n"]
)
def test_an_output_with_its_end_mark_is_whole(printed: bytes) -> None:
    marked = printed + b"hvlab-end lines=%d bytes=%d\n" % (printed.count(b"\n"), len(printed))
    outputs = unpack(archive(marked), {"free": "free -m"}, datetime(2026, 1, 1, tzinfo=UTC))
    assert outputs["free"].stdout == printed


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"a\nb\n",
        b"a\nhvlab-end lines=2 bytes=4\n",
        b"a\na\nb\nhvlab-end lines=2 bytes=4\n",
        b"a\nbc\nhvlab-end lines=2 bytes=4\n",
        b"a\nb\nhvlab-end lines=2 bytes=4",
        b"a\nb\nhvlab-end lines=2 by",
    ],
)
def test_an_output_without_its_end_mark_is_refused(output: bytes) -> None:
    with pytest.raises(HvlabError) as refused:
        unpack(archive(output), {"free": "free -m"}, datetime(2026, 1, 1, tzinfo=UTC))
    assert refused.value.code == "cut-off"
    assert "free" in refused.value.message
