"""What a medium is said to have is what is in the system."""

from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.installer.kickstart import read_kickstart
from lab.installer.medium_contents import read_stock
from lab.installer.plan import Plan
from lab.installer.rootfs_archive import recipe_for, stock_of

STATUS = """\
Package: sudo
Status: install ok installed
Version: 1.9.13p3-1
Architecture: amd64
Maintainer: nobody <nobody@example.org>
Description: x

"""


def plan(lang: str) -> Plan:
    return read_kickstart(
        (PROJECT / "guest-kickstart/debian-12.ks").read_text().replace("lang C.UTF-8", f"lang {lang}")
    )


def test_stock(tmp_path: Path) -> None:
    for name in ("usr/share/zoneinfo/Asia/Seoul", "usr/share/zoneinfo/posix/Asia/Seoul", "usr/lib/locale/en_US.utf8/X"):
        (tmp_path / "root" / name).parent.mkdir(parents=True)
        (tmp_path / "root" / name).touch()
    dpkg = tmp_path / "root/var/lib/dpkg"
    (dpkg / "info").mkdir(parents=True)
    (dpkg / "status").write_text(STATUS)
    (tmp_path / "root/usr/share/zoneinfo/UTC").touch()
    stock = stock_of(tmp_path / "root")
    assert stock.packages == {"sudo": "1.9.13p3-1"}
    assert stock.locales == ("C", "POSIX", "en_US.utf8")
    assert stock.timezones == ("Asia/Seoul", "UTC")
    stock.write(tmp_path / "stock.json")
    assert read_stock(tmp_path / "stock.json") == stock


@pytest.mark.parametrize(("lang", "needed"), [("C.UTF-8", False), ("en_US.UTF-8", True), ("C", False)])
def test_a_language_brings_its_package(lang: str, needed: bool) -> None:
    assert ("locales" in recipe_for(plan(lang)).packages) == needed
