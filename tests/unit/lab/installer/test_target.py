"""A full disk is told by its name, whatever failed because of it."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import HvlabError
from lab.installer.target import room_watched


def with_free(blocks: int, monkeypatch: pytest.MonkeyPatch, inodes: int = 9) -> None:
    usage = SimpleNamespace(f_bfree=blocks, f_frsize=4096, f_blocks=76800, f_ffree=inodes)
    monkeypatch.setattr("lab.installer.target.os.statvfs", lambda point: usage)


@pytest.mark.parametrize("error", [HvlabError("unpacking: tar failed"), OSError(28, os.strerror(28))])
def test_what_failed_for_lack_of_room(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(0, monkeypatch)
    full = "the disk is full: the file system of 300 MiB at /x"
    with pytest.raises(HvlabError, match=full) as told, room_watched([Path("/x")]):
        raise error
    assert told.value.__cause__ is error


def test_what_failed_for_another_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(9000, monkeypatch)
    with pytest.raises(HvlabError, match=r"^grub failed$"), room_watched([Path("/x")]):
        raise HvlabError("grub failed")


def test_a_disk_that_a_script_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(1791, monkeypatch)
    with pytest.raises(HvlabError, match="the disk is full"), room_watched([Path("/x")]):
        pass
    with_free(9000, monkeypatch, inodes=0)
    with pytest.raises(HvlabError, match="the disk is full"), room_watched([Path("/x")]):
        pass
    with_free(1792, monkeypatch)
    with room_watched([Path("/x")]):
        pass
