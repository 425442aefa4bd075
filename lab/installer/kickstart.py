"""Reads a kickstart file with pykickstart's RHEL 5 handler and tells what it asks for.

Nothing here touches the machine: the same functions run on the controller, to learn which packages the installer's
medium must have, and in the installer, before it writes the first byte.
"""

import re
import warnings
from typing import Any, Literal

from pykickstart.constants import CLEARPART_TYPE_ALL, KS_REBOOT, KS_SHUTDOWN
from pykickstart.errors import KickstartError
from pykickstart.handlers.rhel5 import RHEL5Handler
from pykickstart.parser import Script as KickstartScript

from core.errors import HvlabError
from lab.installer import rhel5, supported
from lab.installer.package_groups import debian_packages, excluded_packages
from lab.installer.plan import Account, Part, Plan, Script

_FILE_SYSTEMS = ("ext2", "ext3", "ext4")
_LABEL_LENGTH = 15
# The one disk of the machine, by the names that kickstart files know it by.
_DISKS = {"hda", "sda", "vda", "xvda"}
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]*")


class _Handler(RHEL5Handler):  # type: ignore[misc]
    """Refuses what the installer does not obey where pykickstart would read over it."""

    def dispatcher(self, args: list[str], lineno: int) -> Any:
        supported.check_line(args, lineno)
        return super().dispatcher(args, lineno)


def _require(holds: object, what: str) -> None:
    if not holds:
        raise HvlabError(what)


def _check_sections(text: str) -> None:
    """Refuse what RHEL 5 refuses and pykickstart lets pass, and what is not done here."""
    for number, line in enumerate(text.splitlines(), 1):
        word = rhel5.first_word(line)
        _require(word != "%end", f"line {number}: RHEL 5 knows no %end")
        _require(
            word not in ("%pre", "%traceback", "%include", "%ksappend"),
            f"line {number}: this installer does not know {word}",
        )


def _seen(handler: Any) -> set[str]:
    return {name for name, command in handler.commands.items() if command is not None and command.seen}


def is_inside(path: str) -> bool:
    """Return whether a path is absolute and stays in the installed system, wherever that is mounted."""
    return path.startswith("/") and ".." not in path.split("/")


def _part(data: Any) -> Part:
    where = f"line {data.lineno}: part {data.mountpoint}"
    _require(data.mountpoint == "swap" or is_inside(data.mountpoint), f"{where}: not a mount point")
    swap = data.mountpoint == "swap"
    fstype = "swap" if swap else data.fstype or "ext3"
    _require(swap or fstype in _FILE_SYSTEMS, f"{where}: this installer does not know the file system {fstype!r}")
    _require(not data.disk or data.disk in _DISKS, f"{where}: there is no disk {data.disk!r}")
    _require(data.size, f"{where}: no --size is given")
    _require(data.size > 0 and (data.maxSizeMB or 0) >= 0, f"{where}: a size is negative")
    _require(len(data.label or "") <= _LABEL_LENGTH, f"{where}: the label is longer than {_LABEL_LENGTH} characters")
    name = data.mountpoint.strip("/").replace("/", "-") or "root"
    return Part(
        mount=data.mountpoint,
        fstype=fstype,
        size_mib=data.size,
        label=data.label or name,
        grow=bool(data.grow),
        max_mib=data.maxSizeMB or 0,
        options=data.fsopts or "defaults",
    )


def _partitions(handler: Any) -> tuple[Part, ...]:
    _require(handler.clearpart.type == CLEARPART_TYPE_ALL, "clearpart: only --all is done by this installer")
    unknown = set(handler.clearpart.drives) - _DISKS
    _require(not unknown, f"clearpart: there is no disk {', '.join(sorted(unknown))}")
    parts = tuple(_part(data) for data in handler.partition.partitions)
    mounts = [part.mount for part in parts]
    _require("/" in mounts, "the kickstart file asks for no partition /")
    _require(len(parts) <= 4, f"{len(parts)} partitions are asked for; this installer makes at most 4 (primary) ones")
    labels = [part.label for part in parts]
    _require(len(set(labels)) == len(labels), "two partitions have the same label")
    return parts


def _accounts(handler: Any) -> tuple[Account, ...]:
    root = handler.rootpw
    _require(root.password, "rootpw: no password is given")
    for data in handler.user.userList:
        where = f"line {data.lineno}: user {data.name!r}"
        _require(_USER_NAME.fullmatch(data.name), f"{where}: not a name")
        _require(data.uid is None or data.uid > 0, f"{where}: --uid={data.uid} is root's number or none")
        _require(not data.homedir or is_inside(data.homedir), f"{where}: --homedir={data.homedir} is no absolute path")
    users = [
        Account(
            name=data.name,
            password=data.password or "",
            crypted=bool(data.isCrypted),
            groups=tuple(data.groups or ()),
            home=data.homedir or "",
            shell=data.shell or "/bin/bash",
            uid=data.uid,
        )
        for data in handler.user.userList
    ]
    return (Account("root", root.password, bool(root.isCrypted)), *users)


def _hostname(handler: Any) -> str:
    names = [data.hostname for data in handler.network.network if data.hostname]
    for data in handler.network.network:
        _require(data.bootProto == "dhcp", f"line {data.lineno}: network: only --bootproto=dhcp is done here")
        _require(not data.device or data.device == "eth0", f"line {data.lineno}: there is no device {data.device!r}")
    return names[-1] if names else ""


def _dhcp(handler: Any) -> tuple[str, ...]:
    # RHEL 5 brings a card up at the start unless it is told not to.
    started = [data.device or "eth0" for data in handler.network.network if data.onboot is not False]
    return tuple(dict.fromkeys(started))


def _kernel_options(handler: Any) -> str:
    loader = handler.bootloader
    _require(loader.location == "mbr", f"bootloader: --location={loader.location} is not done here, only mbr")
    unknown = set(loader.driveorder) - _DISKS
    _require(not unknown, f"bootloader: there is no disk {', '.join(sorted(unknown))}")
    return str(loader.appendLine or "")


def _script(script: KickstartScript) -> Script:
    _require(script.inChroot, f"line {script.lineno}: this installer does not know %post --nochroot")
    log = script.logfile
    _require(not log or is_inside(log), f"line {script.lineno}: %post --log={log} is no path in the installed system")
    return Script(
        script.lineno, script.script, script.interp, script.logfile or "", must_succeed=bool(script.errorOnFail)
    )


def _finish(handler: Any) -> Literal["reboot", "poweroff"]:
    action = handler.reboot.action
    known = action in (KS_REBOOT, KS_SHUTDOWN)
    _require(known, "the kickstart file says neither reboot nor poweroff: nobody is there to press a key")
    return "reboot" if action == KS_REBOOT else "poweroff"


def _parse(text: str) -> Any:
    """Return pykickstart's handler, filled."""
    handler = _Handler()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is merely out of date is obeyed
            rhel5.Parser(handler).readKickstartFromString(text)
    except (KickstartError, ValueError, IndexError) as error:  # the latter two: of quotes
        raise HvlabError(" ".join(str(error).split())) from error
    return handler


def _packages(handler: Any) -> tuple[set[str], set[str]]:
    packages = handler.packages
    _require(not packages.excludedGroupList, "%packages: this installer leaves no groups out")
    wanted = debian_packages([group.name for group in packages.groupList], packages.packageList, base=packages.addBase)
    keep_out = excluded_packages(packages.excludedList)
    return wanted - keep_out, keep_out


def read_kickstart(text: str) -> Plan:
    """Return what a kickstart file asks for.

    Raises:
        HvlabError: If it is not valid for RHEL 5, asks for what the installer does not do (which is named, with its
            line where there is one), or leaves open what somebody would have to answer.
    """
    _check_sections(text)
    handler = _parse(text)
    seen = _seen(handler)
    missing = [name for name in supported.REQUIRED if name not in seen]
    _require(not missing, f"the kickstart file does not say: {', '.join(missing)}")
    keyboard = handler.keyboard.keyboard
    _require(keyboard == "us", f"keyboard: this installer does not know the layout {keyboard!r}, only us")
    _require(re.fullmatch(r"[\w.@-]+", handler.lang.lang), f"lang: {handler.lang.lang!r} is no locale")
    wanted, keep_out = _packages(handler)
    notes = [supported.NOTES[name] for name in sorted(seen & set(supported.NOTES))]
    return Plan(
        partitions=_partitions(handler),
        accounts=_accounts(handler),
        packages=tuple(sorted(wanted)),
        keep_out=tuple(sorted(keep_out)),
        hostname=_hostname(handler),
        dhcp=_dhcp(handler),
        locale=handler.lang.lang,
        timezone=handler.timezone.timezone,
        utc=bool(handler.timezone.isUtc),
        kernel_options=_kernel_options(handler),
        x_window=bool(handler.xconfig.startX),
        scripts=tuple(_script(script) for script in handler.scripts),
        finish=_finish(handler),
        notes=tuple(dict.fromkeys(notes)),
    )
