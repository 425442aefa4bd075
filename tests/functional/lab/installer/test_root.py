"""What a medium is said to have is what is in the system."""

from pathlib import Path

from lab.installer.medium_contents import read_stock
from lab.installer.rootfs_archive import stock_of

STATUS = """\
Package: sudo
Status: install ok installed
Version: 1.9.13p3-1
Architecture: amd64
Maintainer: nobody <nobody@example.org>
Description: x

"""


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
