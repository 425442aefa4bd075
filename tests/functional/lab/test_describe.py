"""Tables 1 and 2 from what the tools of a lab host say, or do not say."""

import os
from pathlib import Path

from hypervisors.registry import get_hypervisor
from lab.hosts.hardware import describe
from lab.hosts.machines import ThisMachine
from tests.functional.vagrant.tools import FakeCommand


def test_lsblk_is_asked_in_words_that_an_older_one_knows(tmp_path: Path) -> None:
    told = '{"blockdevices": [{"name": "sda", "type": "disk", "size": "1073741824", "model": null}]}\n'
    answers = {"MOUNTPOINTS": (1, "", "lsblk: unknown column: MOUNTPOINTS"), "MOUNTPOINT": (0, told, "")}
    lsblk = FakeCommand.create(tmp_path / "bin", "lsblk", answers)

    class Old(ThisMachine):
        def command(self, remote: str, *options: str) -> list[str]:
            return ["env", f"PATH={lsblk.folder}{os.pathsep}{os.environ['PATH']}", *super().command(remote)]

    assert dict(describe(Old(), get_hypervisor("kvm")).hardware)["HDD"] == "sda 1 GB"
