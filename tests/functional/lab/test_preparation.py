"""What is sent to a lab host before its first guest is valid shell, and carries the topology."""

import subprocess
from pathlib import Path

import pytest

from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.hosts.prepare import render_prepare_script
from lab.images.boxes import Boxes

BOXES = Boxes("hvlab/debian-12", "1.0.7", Path("/cache/boxes"), Path("/cache/store.img"))


@pytest.mark.parametrize("name", sorted(all_hypervisors()))
def test_it_is_valid_shell(name: str) -> None:
    program = render_prepare_script(get_hypervisor(name), BOXES, Path("/a b/boxes"), 4, "linked-clone")
    subprocess.run(["sh", "-n"], input=program, text=True, check=True)
    shown = subprocess.run(
        ["sh"], input=program.split("set -eu")[0] + "\nprintf '%s|' $HVLAB_BOX \"$HVLAB_BOXES\" \"$HVLAB_GUESTS\"\n",
        text=True, capture_output=True, check=True,
    ).stdout.split("|")  # fmt: skip
    assert shown[0].startswith("/boxes/hvlab-VAGRANTSLASH-debian-12/1.0.7/")
    assert shown[1] == "/a b/boxes"
    assert shown[2].split()[3] == "server4,52:54:00:68:76:04,192.168.68.14"
