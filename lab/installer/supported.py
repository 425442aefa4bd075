"""The commands and options of a kickstart file that the installer obeys; every other is refused by name.

pykickstart's RHEL 5 handler knows many more: without this list they would be read and then silently not done.
"""

from collections.abc import Sequence

from core.errors import HvlabError

_NONE: frozenset[str] = frozenset()
_PART = frozenset({"--size", "--grow", "--maxsize", "--fstype", "--label", "--fsoptions", "--asprimary", "--active",
                   "--ondisk", "--ondrive"})  # fmt: skip
_AUTH = frozenset({"--enableshadow", "--useshadow", "--enablemd5", "--usemd5"})

OPTIONS: dict[str, frozenset[str]] = {
    "auth": _AUTH,
    "authconfig": _AUTH,
    "bootloader": frozenset({"--location", "--append", "--driveorder"}),
    "cdrom": _NONE,
    "clearpart": frozenset({"--all", "--initlabel", "--drives"}),
    "cmdline": _NONE,
    "firewall": frozenset({"--disabled", "--disable"}),
    "firstboot": frozenset({"--disabled", "--disable"}),
    "halt": _NONE,
    "install": _NONE,
    "key": frozenset({"--skip"}),
    "keyboard": _NONE,
    "lang": _NONE,
    "network": frozenset({"--device", "--bootproto", "--onboot", "--hostname", "--noipv6"}),
    "part": _PART,
    "partition": _PART,
    "poweroff": _NONE,
    "reboot": _NONE,
    "rootpw": frozenset({"--iscrypted"}),
    "selinux": frozenset({"--disabled"}),
    "shutdown": _NONE,
    "skipx": _NONE,
    "text": _NONE,
    "timezone": frozenset({"--utc", "--isUtc"}),
    "url": frozenset({"--url"}),
    "user": frozenset({"--name", "--password", "--iscrypted", "--groups", "--homedir", "--shell", "--uid"}),
    "xconfig": frozenset({"--startxonboot", "--defaultdesktop", "--resolution", "--depth"}),
    "zerombr": _NONE,
}
# An installation that nobody watches needs an answer to each of these.
REQUIRED = ("lang", "keyboard", "rootpw", "timezone", "bootloader", "clearpart", "part")
# What has no counterpart in the installed system, and why that does no harm.
NOTES = {
    "auth": "authconfig: passwords are hashed by Debian's default method",
    "authconfig": "authconfig: passwords are hashed by Debian's default method",
    "key": "key: Debian asks for no installation number",
    "selinux": "selinux: Debian starts without it",
    "firewall": "firewall: Debian starts without one",
    "firstboot": "firstboot: Debian has none",
    "url": "url: this installer takes everything from its own medium",
}


def check_line(words: Sequence[str], line: int) -> None:
    """Refuse a command or an option that the installer does not obey.

    Raises:
        HvlabError: With its name and line.
    """
    command, *arguments = words
    if command not in OPTIONS:
        raise HvlabError(f"line {line}: this installer does not know the command {command!r}")
    for word in arguments:
        option = word.partition("=")[0]
        if word.startswith("--") and option not in OPTIONS[command]:
            raise HvlabError(f"line {line}: this installer does not know {command}'s option {option!r}")
