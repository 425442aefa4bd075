"""What ksvalidator does not see: one small function for each rule, from a kickstart file to what breaks the rule."""

import re
from collections.abc import Callable, Iterator

from hypervisors.registry import all_hypervisors
from lab.installer import rhel5
from lab.installer.kickstart import is_inside
from lab.lint.finding import Finding
from lab.lint.kickstart import Kickstart
from lab.media.http_server import SEEN_BY_GUEST

Rule = Callable[[Kickstart], Iterator[Finding]]

# A disk of 20 GiB in the geometry that anaconda 11.1 rounds partitions to: 255 heads, 63 sectors of 512 bytes.
CYLINDER = 255 * 63 * 512
DISK = 20 * 1024**3
MIB = 1024**2

DESKTOPS = {"gnome-desktop", "kde-desktop", "xfce-desktop"}
# What the lab and the study ask of an installed guest.
NEEDED = ("openssh-server", "openssh-clients", "sudo", "sysstat", "acpid")
# Without one of these anaconda asks somebody who is not there.
ANSWERS = ("lang", "keyboard", "timezone", "rootpw", "bootloader", "clearpart", "network", "key", "reboot")
# What OpenSSH 4.3 can read.
OLD_KEYS = ("ssh-rsa", "ssh-dss")
_WRITES_KEYS = re.compile(r"(>|\b(tee|cp|install)\b.*)\s*\S*authorized_keys")
_FETCHES_KEYS = re.compile(r"^\s*\w+ \S+\.pub\s+\S*authorized_keys")
_KEY = re.compile(r"\b((?:ssh|ecdsa|sk)-[a-z0-9@.-]+) AAAA")


def no_end(ks: Kickstart) -> Iterator[Finding]:
    """RHEL 5's own parser stops at "%end", or takes it into the script; ksvalidator says nothing."""
    for number, line in enumerate(ks.lines, 1):
        if line.strip() == "%end":
            yield ks.finding(number, "no-end", "RHEL 5's anaconda does not know %end: leave it out")


def no_include(ks: Kickstart) -> Iterator[Finding]:
    """Nobody serves another file than this one, and what it would hold is not checked."""
    for number, line in enumerate(ks.lines, 1):
        if (word := rhel5.first_word(line)) in rhel5.OTHER_FILES:
            yield ks.finding(number, "no-include", f"{word} is not followed: write the lines into this file")


def zerombr(ks: Kickstart) -> Iterator[Finding]:
    """A new disk has no partition table, and anaconda asks whether to make one."""
    if not ks.read.zerombr.seen:
        yield ks.finding(1, "zerombr", "without zerombr anaconda asks before it uses a new disk")
    elif ks.lines[ks.read.zerombr.lineno - 1].split()[1:]:
        yield ks.finding(ks.read.zerombr.lineno, "zerombr", "RHEL 5 takes no word after zerombr")


def sizes_fit(ks: Kickstart) -> Iterator[Finding]:
    """Each partition takes whole cylinders: 18432 MiB and 2048 MiB are more than a disk of 20 GiB has."""
    parts = ks.read.partition.partitions
    # A size that is not given here (--recommended, --onpart) is not known.
    taken = sum(-(-part.size * MIB // CYLINDER) for part in parts if (part.size or 0) > 0)
    there = DISK // CYLINDER
    if taken > there:
        words = f"the partitions take {taken} cylinders, a disk of 20 GiB has {there}: let one of them --grow"
        yield ks.finding(parts[-1].lineno, "sizes-fit", words)


def positive_sizes(ks: Kickstart) -> Iterator[Finding]:
    """Pykickstart takes any whole number; the installer ends with an error, hours into the build."""
    for part in (*ks.read.partition.partitions, *ks.read.logvol.lvList):
        for option, size in (("--size", part.size), ("--maxsize", part.maxSizeMB)):
            if size is not None and size < (1 if option == "--size" else 0):
                words = f"{option}={size} of {part.mountpoint} is not a size in MiB"
                yield ks.finding(part.lineno, "positive-sizes", words)


def log_inside(ks: Kickstart) -> Iterator[Finding]:
    """An installer writes the log below the folder in which it mounts the new system."""
    for script in ks.read.scripts:
        if script.logfile and not is_inside(script.logfile):
            words = f"--log={script.logfile} must be an absolute path without '..'"
            yield ks.finding(script.lineno, "log-inside", words)


def one_root(ks: Kickstart) -> Iterator[Finding]:
    """A user with root's number is root, without root's password."""
    for user in ks.read.user.userList:
        if user.uid is not None and user.uid < 1:
            yield ks.finding(user.lineno, "one-root", f"--uid={user.uid} of user {user.name} is root's number or none")


def desktop_starts(ks: Kickstart) -> Iterator[Finding]:
    """After an installation in text mode the system starts in runlevel 3, whatever is installed."""
    for group in ks.read.packages.groupList:
        if group.name in DESKTOPS and not ks.read.xconfig.startX:
            words = f"@{group.name} never shows without xconfig --startxonboot"
            yield ks.finding(ks.line_of(rf"@ *{group.name}\b"), "desktop-starts", words)


def authorized_key(ks: Kickstart) -> Iterator[Finding]:
    """Vagrant, Packer and the kit log in with a key: one in the file, or a public key's file that is fetched."""
    lines = [line for _, line in ks.scripts()]
    written = any(map(_WRITES_KEYS.search, lines)) and any(map(_KEY.search, lines))
    if not written and not any(map(_FETCHES_KEYS.search, lines)):
        yield ks.finding(ks.line_of("%post"), "authorized-key", "no %post puts a key into authorized_keys")


def old_key(ks: Kickstart) -> Iterator[Finding]:
    """OpenSSH 4.3 skips a line whose kind it does not know: nobody could log in."""
    for number, line in ks.scripts():
        if (key := _KEY.search(line)) and key[1] not in OLD_KEYS:
            yield ks.finding(number, "old-key", f"OpenSSH 4.3 does not know {key[1]}: use an RSA key")


def tree_address(ks: Kickstart) -> Iterator[Finding]:
    """The tree comes from the builder, over the plain HTTP that anaconda 11.1 speaks."""
    url = str(ks.read.url.url or "")
    if not url.startswith(f"{SEEN_BY_GUEST}/"):
        words = f"the tree must come from {SEEN_BY_GUEST}/..., where the kit serves it (no https)"
        yield ks.finding(ks.line_of("url"), "tree-address", words)


def answers_all(ks: Kickstart) -> Iterator[Finding]:
    """What the file leaves open is asked on the screen."""
    for name in ANSWERS:
        if not ks.read.commands[name].seen:
            yield ks.finding(1, "answers-all", f"without {name} the installation stops and asks")


def has_packages(ks: Kickstart) -> Iterator[Finding]:
    """Logging in, shutting down, reading, and starting under some hypervisors each need a package."""
    chosen = ks.read.packages.packageList
    for name in (*NEEDED, *(name for each in all_hypervisors().values() for name in each.guest_packages)):
        if name not in chosen:
            yield ks.finding(ks.line_of("%packages"), "has-packages", f"the lab needs {name} in the guest")


def root_on_screen(ks: Kickstart) -> Iterator[Finding]:
    """The display manager gdm 2.16 never logs root in by itself, whatever its configuration says."""
    scripts = list(ks.scripts())
    for number, line in scripts:
        if re.search(r"(AutomaticLogin|TimedLogin)\s*=\s*root", line):
            yield ks.finding(number, "root-on-screen", "gdm 2.16 refuses to log root in by itself")
    if not any("--autologin root" in line for _, line in scripts):
        words = "nothing logs root in on the screen (mingetty --autologin root)"
        yield ks.finding(ks.line_of("%post"), "root-on-screen", words)


def any_card(ks: Kickstart) -> Iterator[Finding]:
    """Anaconda notes the builder's network card; with another one RHEL 5 leaves eth0 down."""
    if not any("HWADDR" in line for _, line in ks.scripts()):
        words = "no %post removes HWADDR from ifcfg-eth0: a copy with another card would have no network"
        yield ks.finding(ks.line_of("%post"), "any-card", words)


def sudo_without_terminal(ks: Kickstart) -> Iterator[Finding]:
    """RHEL 5's sudo asks for a terminal; Packer and Vagrant have none."""
    if not any("requiretty" in line for _, line in ks.scripts()):
        words = "no %post takes requiretty out of /etc/sudoers"
        yield ks.finding(ks.line_of("%post"), "sudo-without-terminal", words)


RULES: tuple[Rule, ...] = (
    no_end,
    no_include,
    zerombr,
    sizes_fit,
    positive_sizes,
    log_inside,
    one_root,
    desktop_starts,
    authorized_key,
)
# For a system that Red Hat's own installer of that time installs.
ANACONDA_RULES: tuple[Rule, ...] = (
    old_key,
    tree_address,
    answers_all,
    has_packages,
    root_on_screen,
    any_card,
    sudo_without_terminal,
)


def check_kickstart(ks: Kickstart, *, anaconda: bool) -> list[Finding]:
    """Return all that is wrong with a kickstart file.

    Args:
        ks: The file.
        anaconda: Whether CentOS 5.5's installer reads it, rather than the kit's own.
    """
    rules = RULES + (ANACONDA_RULES if anaconda else ())
    return [*ks.trouble, *(finding for rule in rules for finding in rule(ks))]
