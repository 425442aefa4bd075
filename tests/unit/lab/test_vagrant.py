"""What is made of Vagrant's output when it fails."""

from lab.guests.vagrant import last_words

FAILED = """\
Bringing machine 'server1' up with 'libvirt' provider...
==> server1: Starting domain.
    server1: SSH username: vagrant
libvirt on the lab host: Call to virDomainCreate failed: End of file while reading data
Is the lab host running? ./invoke lab.status tells.

"""


def test_the_whole_error_is_one_line() -> None:
    assert last_words(FAILED) == (
        "libvirt on the lab host: Call to virDomainCreate failed: End of file while reading data"
        " Is the lab host running? ./invoke lab.status tells."
    )
    assert last_words("==> server1: Starting domain.\n\n") == "==> server1: Starting domain."
    assert last_words("") == "no output"
