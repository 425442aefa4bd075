"""What a kickstart file asks for, in the installer's own terms."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Part:
    """One partition that is asked for.

    Attributes:
        mount: "/", "/home", or "swap".
        fstype: "ext2", "ext3", "ext4", or "swap".
        size_mib: Size, or the least one if `grow`.
        grow: Whether it takes a share of what is left.
        max_mib: What it may grow to; 0 for no limit.
        label: Of the file system.
        options: Mount options, as in fstab.
    """

    mount: str
    fstype: str
    size_mib: int
    label: str
    grow: bool = False
    max_mib: int = 0
    options: str = "defaults"


@dataclass(frozen=True)
class Account:
    """A user and the password; `crypted` if it is a hash already, an empty one locks the account."""

    name: str
    password: str
    crypted: bool
    groups: tuple[str, ...] = ()
    home: str = ""
    shell: str = "/bin/bash"
    uid: int | None = None


@dataclass(frozen=True)
class Script:
    """One %post script, run in the installed system.

    Attributes:
        line: Where it begins in the kickstart file.
        text: The script.
        interpreter: Program that runs it, in the installed system.
        log: File in the installed system that takes its output, or empty.
        must_succeed: Whether the installation stops if it fails.
    """

    line: int
    text: str
    interpreter: str
    log: str
    must_succeed: bool


@dataclass(frozen=True)
class Plan:
    """Everything that a kickstart file asks for.

    Attributes:
        partitions: In the file's order.
        accounts: root first.
        packages: Names of Debian packages, sorted.
        keep_out: Names of Debian packages that are not to be there.
        hostname: Empty if the file gives none.
        dhcp: Network cards that are brought up by DHCP at the start, e.g. ("eth0",).
        locale: "en_US.UTF-8".
        timezone: "Asia/Seoul".
        utc: Whether the hardware's clock keeps UTC.
        kernel_options: Added to the kernel's command line.
        x_window: Whether the system starts into runlevel 5.
        scripts: In the file's order.
        finish: What the machine does afterwards.
        notes: What the file says that has no counterpart here, one sentence each; printed when it is installed.
    """

    partitions: tuple[Part, ...]
    accounts: tuple[Account, ...]
    packages: tuple[str, ...]
    keep_out: tuple[str, ...]
    hostname: str
    dhcp: tuple[str, ...]
    locale: str
    timezone: str
    utc: bool
    kernel_options: str
    x_window: bool
    scripts: tuple[Script, ...]
    finish: Literal["reboot", "poweroff"]
    notes: tuple[str, ...]
