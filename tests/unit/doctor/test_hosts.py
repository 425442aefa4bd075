"""The machines that are asked: this one, and a real sshd with the algorithms of OpenSSH 4.3."""

import pytest

from lab.connectors.address import Address, parse_host
from tests.support.errors import raises_code


def test_forms_of_host() -> None:
    assert parse_host("nested") == Address("nested", "nested")
    assert parse_host("local") == Address("local", "local")
    for text, *parts in (
        ("ssh://root@server:2222", "server", "root", 2222),
        ("ssh://server", "server", None, None),
        ("ssh://root@[::1]:22", "::1", "root", 22),
        # As ssh_config has it.
        ("ssh://MyServer:22", "MyServer", None, 22),
        ("ssh://root@[FE80::1%eth0]", "FE80::1%eth0", "root", None),
    ):
        assert parse_host(text) == Address("ssh", text, *parts)


@pytest.mark.parametrize(
    "text",
    [
        "", "remote", "ssh:", "ssh://", "ssh://user@", "ssh://host:0", "ssh://host:99999", "ssh://host:x",
        "ssh://u:secret@host", "ssh://host/path", "ssh://host?x", "ssh://-oProxyCommand=x", "ssh://-l@host",
        "ssh://a b", "ssh://host;x", "ssh://[::1", "http://host", "ssh://a\nb", "no\nhost", "ssh://@host",
        "ssh://u:secret@host:99999", "ssh://u:secret@[::1", "ssh://u:secret@host:x",
    ],
)  # fmt: skip
def test_bad_hosts_are_one_line(text: str) -> None:
    with raises_code("bad-host", "--host=") as raised:
        parse_host(text)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "ssh://user@host:port" in raised.value.hint
