from pathlib import Path

import pytest

from tests.functional.vagrant.tools import TOPOLOGY, VAGRANT, FakeCommand, require, run

# A Vagrantfile that says which driver Vagrant takes for the VirtualBox that VBoxManage claims to be.
PROBE = f"""
require "{VAGRANT}/lib/hvlab"
driver = VagrantPlugins::ProviderVirtualBox::Driver::Meta.new
puts "driver: #{{driver.instance_variable_get(:@driver).class}} #{{driver.version}}"
"""


def driver(version: str, tmp_path: Path) -> str:
    require("vagrant")
    fake = FakeCommand.create(tmp_path / "bin", "VBoxManage", {"--version": (0, f"{version}\n", "")})
    (tmp_path / "Vagrantfile").write_text(PROBE)
    environment = {
        "VAGRANT_CWD": str(tmp_path),
        "VAGRANT_HOME": str(tmp_path / "home"),
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        "VAGRANT_DEFAULT_PROVIDER": "virtualbox",
        "HVLAB_TOPOLOGY": str(TOPOLOGY),
    }
    done = run(["vagrant", "validate"], environment, fake.folder)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("version", "number"),
    [("7.0.20r163906", "7_0"), ("7.1.4r165100", "7_1"), ("7.2.22_Debianr175245", "7_2")],
)
def test_a_driver_is_found(version: str, number: str, tmp_path: Path) -> None:
    said = driver(version, tmp_path)
    assert f"Version_{number} {version.partition('r')[0].partition('_')[0]}" in said


def test_a_version_that_nobody_knows_stays_an_error(tmp_path: Path) -> None:
    said = driver("9.9.1r1", tmp_path)
    assert "driver: " not in said
    assert "not supported" in said or "supported version" in said
