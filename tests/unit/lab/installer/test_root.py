"""What a medium is said to have is what is in the system."""

import pytest

from core.paths import PROJECT
from lab.installer.kickstart import read_kickstart
from lab.installer.plan import Plan
from lab.installer.rootfs_archive import recipe_for


def plan(lang: str) -> Plan:
    return read_kickstart(
        (PROJECT / "guest-kickstart/debian-12.ks").read_text().replace("lang C.UTF-8", f"lang {lang}")
    )


@pytest.mark.parametrize(("lang", "needed"), [("C.UTF-8", False), ("en_US.UTF-8", True), ("C", False)])
def test_a_language_brings_its_package(lang: str, needed: bool) -> None:
    assert ("locales" in recipe_for(plan(lang)).packages) == needed
