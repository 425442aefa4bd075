"""How a lab host is named: `nested`, `local`, or `ssh://user@host:port`."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from core.errors import HvlabError

Kind = Literal["nested", "local", "ssh"]
_FORMS = "--host=nested, --host=local or --host=ssh://user@host:port"
_PASSWORD = re.compile(r"ssh://[^@]*:[^@]*@")
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_SAFE_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9:.%_-]*")


@dataclass(frozen=True)
class Address:
    """What a text names.

    Attributes:
        text: As it was written.
        host: Name or address of a host over SSH; "" for the others.
        user: None for what the user's ssh_config says.
        port: The same.
    """

    kind: Kind
    text: str
    host: str = ""
    user: str | None = None
    port: int | None = None


def _wrong(text: str, why: str) -> HvlabError:
    return HvlabError(f"--host={text}: {why}", _FORMS, code="bad-host")


def parse_host(text: str) -> Address:
    """Return which lab host `text` names.

    Raises:
        HvlabError: If it is none of the three forms.
    """
    # urlsplit would leave some of these out.
    if not text.isprintable() or " " in text:
        raise _wrong(repr(text), "it has characters that no name has")
    if text == "nested":
        return Address("nested", text)
    if text == "local":
        return Address("local", text)
    if not text.startswith("ssh://"):
        raise _wrong(text, "no such lab host")
    if _PASSWORD.match(text):
        raise _wrong("ssh://...", "a password has no place there")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _wrong(text, str(error)) from error
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _wrong(text, "nothing may follow the port")
    # A name that begins with a hyphen would be an option to ssh.
    host = _host(parts.netloc)
    if not _SAFE_ADDRESS.fullmatch(host):
        raise _wrong(text, f"{host!r} cannot be a host name" if host else "no host name")
    if parts.username is not None and not _SAFE.fullmatch(parts.username):
        raise _wrong(text, f"{parts.username!r} cannot be a user name" if parts.username else "no user name")
    if port == 0:
        raise _wrong(text, "port 0 cannot be reached")
    return Address("ssh", text, host, parts.username, port)


def _host(place: str) -> str:
    """Return the host of `user@host:port`, as it is written: names in ssh_config are case-sensitive."""
    host = place.rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
