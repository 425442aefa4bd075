"""Which driver Vagrant takes for the VirtualBox that VBoxManage claims to be."""

import pytest

from tests.functional.vagrant.conftest import Probed


@pytest.mark.parametrize(
    ("version", "number"),
    [("7.0.20r163906", "7_0"), ("7.1.4r165100", "7_1"), ("7.2.22_Debianr175245", "7_2")],
)
def test_a_driver_is_found(version: str, number: str, probed: Probed) -> None:
    said = probed.answers[f"driver {version}"]["answer"]
    assert f"Version_{number} {version.partition('r')[0].partition('_')[0]}" in said


def test_a_version_that_nobody_knows_stays_an_error(probed: Probed) -> None:
    said = probed.answers["driver 9.9.1r1"]["error"]
    assert "not supported" in said or "supported version" in said
