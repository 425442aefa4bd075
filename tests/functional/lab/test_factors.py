"""What a provider cannot do is refused by name; what is set on the host is valid shell."""

import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from lab.factors.host import require_possible
from lab.settings import Settings, on_host
from tests.functional.vagrant.tools import FakeCommand
from tests.support.errors import raises_code

ALL = ("xen", "kvm", "virtualbox")


def wanting(guests: int = 4, **factors: Any) -> Settings:
    return Settings.model_validate({"factors": factors, "topology": {"guests": guests}})


@pytest.mark.parametrize(("free_gib", "fits"), [(500, True), (87, True), (80, False)])
def test_a_host_that_is_not_ours_is_asked_how_much_is_free(
    free_gib: int, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disks are not those of the nested lab host."""
    line = f"/dev/md0 {900 << 20} {(900 - free_gib) << 20} {free_gib << 20} 50% /kvm\n"
    df = FakeCommand.create(tmp_path / "bin", "df", {"-Pk": (0, f"Filesystem 1024-blocks Used\n{line}", "")})
    monkeypatch.setenv("PATH", f"{df.folder}{os.pathsep}{os.environ['PATH']}")
    wanted = on_host(wanting(disk_strategy="preallocated"), "local")
    if fits:
        require_possible(wanted, ["kvm"])
    else:
        says = r"4 disks of 20 GiB do not fit on /kvm \(80\.0 GiB free on /dev/md0, 86 needed\)"
        with pytest.raises(HvlabError, match=says):
            require_possible(wanted, ["kvm"])
    assert len(df.calls) == 1
    require_possible(on_host(wanting(), "local"), ALL)
    assert len(df.calls) == 1


def test_a_host_that_does_not_tell_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    df = FakeCommand.create(tmp_path / "bin", "df", {})
    monkeypatch.setenv("PATH", f"{df.folder}{os.pathsep}{os.environ['PATH']}")
    with raises_code("free-space-unknown", "/kvm"):
        require_possible(on_host(wanting(disk_strategy="preallocated"), "local"), ["kvm"])
