"""A guest's session: waited for, and given a memory load that fits."""

from lab.guests.guest_session import available_mib, hold_load, wait_for_session
from lab.images.os_profiles import profile
from tests.support.answering import answering
from tests.support.errors import raises_code

MEMINFO = "MemTotal:         468000 kB\nMemFree:          300000 kB\nMemAvailable:     409600 kB\n"


def test_each_guest_os_says_what_its_session_is() -> None:
    assert "xterm" in profile("debian-12").session
    assert "gnome-session" in profile("centos-5.5").session


def test_the_reason_of_a_session_that_does_not_start_is_told() -> None:
    guest = answering("server1", 1, stderr=b"Xorg does not run: no screens found\n")
    with raises_code("command-failed", "server1", "Xorg does not run: no screens"):
        wait_for_session(guest, ("Xorg",), 5)


def test_a_load_that_does_not_fit_is_not_begun() -> None:
    guest = answering("server1", stdout=MEMINFO.encode())
    with raises_code("load-too-large", "server1", "401 MiB", "400 MiB") as caught:
        hold_load(guest, 401)
    assert "memory_load_mib" in caught.value.hint
    assert guest.asked == [b"cat /proc/meminfo"]


def test_available_memory() -> None:
    assert available_mib(MEMINFO) == 400
    with raises_code("memory-unknown"):
        available_mib("MemTotal: 1 kB\n")
