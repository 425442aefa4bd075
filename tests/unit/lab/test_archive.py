"""apt's messages of an archive that has moved on; as apt 2.6 and 3.0 print them."""

from pathlib import Path

import pytest

from lab.images.archive import moved

LOG = Path("/cache/.host-1.making/build.log")
POOL = "http://mirror.example/debian/pool/main"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("E: Unable to locate package xen-hypervisor-4.20-amd64\n", ["xen-hypervisor-4.20-amd64"]),
        ("E: Package 'packer' has no installation candidate\n", ["packer"]),
        ("E: Unable to locate package a1\nE: Unable to locate package b2\n", ["a1, b2"]),
        (f"E: Failed to fetch {POOL}/q/qemu/qemu-utils_10.0%2bds-2_amd64.deb  404  Not Found [IP: ::1 80]\n",
         ["qemu-utils"]),
        (f"E: Failed to fetch {POOL}/libx/libx/libx1_1-2_amd64.deb  404  Not Found\n"
         f"E: Failed to fetch {POOL}/libx/libx/libx1_1-2_amd64.deb  404  Not Found\n", ["libx1"]),
        (" virt-manager : Depends: gir1.2-osinfo (>= 1.2) but it is not installable\n", ["gir1.2-osinfo"]),
        ("E: Unable to find a source package for qemu\n", ["qemu"]),
        ("E: Version '1.2-3' for 'sysstat' was not found\n", ["sysstat"]),
        ("E: The repository 'http://mirror.example/debian trixie Release' does not have a Release file.\n",
         ["http://mirror.example/debian trixie Release"]),
    ],
)  # fmt: skip
def test_what_the_archive_does_not_have_is_named(text: str, names: list[str]) -> None:
    error = moved(f"Reading package lists...\n{text}E: apt-get failed\n", "installing Debian sid", LOG)
    assert error is not None
    assert error.code == "archive-moved"
    assert [name for name in names if name not in error.message] == []
    assert error.message.count("libx1") < 2
    assert "image.import" in error.hint
    assert str(LOG) in error.hint


def test_many_packages_are_one_short_line() -> None:
    text = "".join(f"E: Unable to locate package name{number}\n" for number in range(40))
    error = moved(text, "installing Debian sid", LOG)
    assert error is not None
    assert "name4 and 35 more" in error.message
    assert len(error.message) < 200


def test_lists_of_another_day_are_told_from_missing_packages() -> None:
    text = (
        "E: Release file for http://m.example/debian/dists/sid/InRelease is expired (invalid since 24d 5h 1min 2s).\n"
    )
    error = moved(text, "installing Debian sid", LOG)
    assert error is not None
    assert error.code == "archive-moved"
    assert "http://m.example/debian/dists/sid/InRelease" in error.message
    assert "docs/how-to/releases.md" in error.hint


@pytest.mark.parametrize(
    "text",
    ["", "E: Could not resolve 'mirror.example'\n", "dpkg: error processing package virtualbox-dkms (--configure):\n",
     "E: Failed to fetch http://m.example/x_1_amd64.deb  503  Service Unavailable\n",
     " a : Depends: b but it is not going to be installed\n"],
)  # fmt: skip
def test_other_failures_are_not_called_that(text: str) -> None:
    assert moved(text, "installing Debian sid", LOG) is None
