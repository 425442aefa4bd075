"""A guest's session: waited for, and given a memory load that fits."""

import pytest

from core.errors import HvlabError
from lab.guests.guest_session import available_mib, hold_load, wait_for_session
from lab.images.os_profiles import profile
from tests.support.answering import answering

MEMINFO = "MemTotal:         468000 kB\nMemFree:          300000 kB\nMemAvailable:     409600 kB\n"


def test_each_guest_os_says_what_its_session_is() -> None:
    assert "xterm" in profile("debian-12").session
    assert "gnome-session" in profile("centos-5.5").session


def test_the_reason_of_a_session_that_does_not_start_is_told() -> None:
    guest = answering("server1", 1, stderr=b"Xorg does not run: no screens found\n")
    with pytest.raises(HvlabError, match="starting the X session failed on server1: Xorg does not run: no screens"):
        wait_for_session(guest, ("Xorg",), 5)


def test_a_load_that_does_not_fit_is_not_begun() -> None:
    guest = answering("server1", stdout=MEMINFO.encode())
    with pytest.raises(HvlabError, match="server1 cannot hold a load of 401 MiB: it has 400 MiB available") as caught:
        hold_load(guest, 401)
    assert "memory_load_mib" in caught.value.hint
    assert guest.asked == [b"cat /proc/meminfo"]


def test_available_memory() -> None:
    assert available_mib(MEMINFO) == 400
    with pytest.raises(HvlabError, match="does not report its available memory"):
        available_mib("MemTotal: 1 kB\n")
