"""Sets the installed system up as a plan asks. Runs in the machine that is installed."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import HvlabError
from core.process import run
from lab.installer.partitions import fstab
from lab.installer.plan import Account, Plan, Script

_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
_HOSTNAME = "localhost"
_CARD_NAMES = "net.ifnames=0"
# Made by the kit and on the medium's system; else the distribution's own.
_RAM_DISKS = ("initrd.hvlab", "initrd.img-*")


def _inside(target: Path, command: Sequence[str | Path], what: str, stdin: str | None = None) -> str:
    return run(
        ["busybox", "chroot", target, "/usr/bin/env", "-i", _PATH, "HOME=/root", *command], what=what, stdin=stdin
    )


def grub_config(plan: Plan, kernel: str, ram_disk: str) -> str:
    """Return GRUB's configuration: one entry, started at once.

    Args:
        plan: Gives the root's label and the kernel's options.
        kernel: Path in the installed system.
        ram_disk: Path in the installed system.
    """
    label = next(part.label for part in plan.partitions if part.mount == "/")
    given = plan.kernel_options.split()
    # A kickstart file of RHEL 5 speaks of eth0; Debian would give the card another name.
    options = "".join(f" {word}" for word in [*given, *({_CARD_NAMES} - set(given))])
    return (
        "# Written by hvlab's installer.\n"
        "set timeout=0\n"
        f"search --no-floppy --label {label} --set=root\n"
        f"linux {kernel} root=LABEL={label} rw{options}\n"
        f"initrd {ram_disk}\n"
        "boot\n"
    )


def _interfaces(plan: Plan) -> str:
    return "".join(f"auto {card}\niface {card} inet {how}\n" for card, how in
                   [("lo", "loopback"), *((card, "dhcp") for card in plan.dhcp)])  # fmt: skip


def identity_files(plan: Plan) -> dict[str, str]:
    """Return what is written below /etc: path there and content."""
    hostname = plan.hostname or _HOSTNAME
    names = dict.fromkeys(("localhost", hostname))
    return {
        "fstab": fstab(plan.partitions),
        "hostname": f"{hostname}\n",
        "hosts": f"127.0.0.1 {' '.join(names)}\n",
        "default/locale": f"LANG={plan.locale}\n",
        "network/interfaces": _interfaces(plan),
        "timezone": f"{plan.timezone}\n",
        "adjtime": f"0.0 0 0.0\n0\n{'UTC' if plan.utc else 'LOCAL'}\n",
    }


def configure(plan: Plan, target: Path) -> None:
    """Write names, time zone, language, mounts, and the runlevel."""
    for name, content in identity_files(plan).items():
        path = target / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    local = target / "etc/localtime"
    local.unlink(missing_ok=True)
    local.symlink_to(f"/usr/share/zoneinfo/{plan.timezone}")
    if plan.x_window:
        inittab = target / "etc/inittab"
        inittab.write_text(inittab.read_text().replace("id:2:initdefault:", "id:5:initdefault:"))


def _add_user(account: Account, target: Path) -> None:
    command = ["useradd", "--create-home", "--shell", account.shell]
    command += ["--home-dir", account.home] if account.home else []
    command += ["--groups", ",".join(account.groups)] if account.groups else []
    command += ["--uid", str(account.uid)] if account.uid is not None else []
    _inside(target, [*command, account.name], f"making the user {account.name}")


def make_accounts(accounts: Sequence[Account], target: Path) -> None:
    """Make the users and set all passwords."""
    for account in accounts:
        if account.name != "root":
            _add_user(account, target)
        if account.password:
            how = ["--encrypted"] if account.crypted else []
            _inside(
                target, ["chpasswd", *how], f"setting {account.name}'s password", f"{account.name}:{account.password}\n"
            )


def _only(target: Path, *patterns: str) -> str:
    """Return the path of the first match in the installed system's /boot."""
    for pattern in patterns:
        if found := sorted((target / "boot").glob(pattern)):
            return f"/boot/{found[-1].name}"
    raise HvlabError(f"the medium's system has no /boot/{patterns[-1]}")


def install_boot_loader(plan: Plan, disk: Path, target: Path) -> None:
    """Install GRUB in the disk's first sectors."""
    text = grub_config(plan, _only(target, "vmlinuz-*"), _only(target, *_RAM_DISKS))
    (target / "boot/grub").mkdir(parents=True, exist_ok=True)
    (target / "boot/grub/grub.cfg").write_text(text)
    _inside(target, ["grub-install", "--target=i386-pc", disk], "installing the boot loader")


def run_script(script: Script, target: Path) -> str:
    """Run one %post script in the installed system; return what to say of it.

    Raises:
        HvlabError: If it fails and is said to stop the installation (--erroronfail).
    """
    aside = target / "tmp/ks-script"
    aside.write_text(script.text)
    aside.chmod(0o700)
    what = f"%post of line {script.line}"
    try:
        said = _inside(target, [script.interpreter, "/tmp/ks-script"], what)
    except HvlabError as error:
        if script.must_succeed:
            raise
        return f"{error.message} (it goes on: no --erroronfail)"
    finally:
        aside.unlink()
    if script.log:
        (target / script.log.lstrip("/")).write_text(said)
    return f"{what} done"
