"""What is sent to a lab host before its first guest is valid shell."""

import subprocess

import pytest

from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.hosts.prepare import render_prepare_script


@pytest.mark.parametrize("name", sorted(all_hypervisors()))
def test_it_is_valid_shell(name: str) -> None:
    program = render_prepare_script(get_hypervisor(name))
    assert f"HVLAB_FOLDER={get_hypervisor(name).folder}\n" in program
    subprocess.run(["sh", "-n"], input=program, text=True, check=True)
