"""A kickstart file becomes a plan; what the installer does not do is refused by name, with its line."""

from dataclasses import replace

import pytest

from core.errors import HvlabError
from lab.guests.topology import SCREEN
from lab.images.guest import COMMAND_LINE, kickstart_text
from lab.installer.configure import grub_config, identity_files
from lab.installer.kickstart import read_kickstart
from lab.installer.medium_contents import Stock
from lab.installer.package_groups import SYSTEM
from lab.installer.plan import Account, Part
from lab.media.manifest import KICKSTARTS
from lab.settings import TopologySettings

KS = """\
install
url --url=http://example.org/os
text
lang en_US.UTF-8
keyboard us
network --device eth0 --bootproto dhcp --hostname=alpha
rootpw --iscrypted $1$abc$def
user --name=vagrant --password=secret --groups=adm,audio --uid=700
authconfig --enableshadow --enablemd5
timezone --utc Asia/Seoul
bootloader --location=mbr --append="quiet"
zerombr
clearpart --all --initlabel
part swap --size=512
part / --fstype ext3 --size=1024 --grow --fsoptions=noatime
part /var/log --fstype ext4 --size=100 --label=logs
xconfig --startxonboot --defaultdesktop=GNOME
reboot

%packages
@core
@base-x
openssh-clients
kernel-xen
-acpid

%post --erroronfail --log=/root/post.log
echo one
%post --interpreter=/usr/bin/python3
print("two")
"""


def test_everything_that_is_asked_for() -> None:
    plan = read_kickstart(KS)
    assert plan.partitions == (
        Part("swap", "swap", 512, "swap"),
        Part("/", "ext3", 1024, "root", grow=True, options="noatime"),
        Part("/var/log", "ext4", 100, "logs"),
    )
    assert plan.accounts == (
        Account("root", "$1$abc$def", crypted=True),
        Account("vagrant", "secret", crypted=False, groups=("adm", "audio"), uid=700),
    )
    assert (plan.hostname, plan.dhcp) == ("alpha", ("eth0",))
    assert (plan.locale, plan.timezone, plan.utc) == ("en_US.UTF-8", "Asia/Seoul", True)
    assert (plan.kernel_options, plan.x_window, plan.finish) == ("quiet", True, "reboot")
    assert [(script.interpreter, script.text) for script in plan.scripts] == [
        ("/bin/sh", "echo one\n"),
        ("/usr/bin/python3", 'print("two")\n'),
    ]
    assert [(script.log, script.must_succeed) for script in plan.scripts] == [("/root/post.log", True), ("", False)]


def test_packages_have_debians_names() -> None:
    plan = read_kickstart(KS)
    assert {*SYSTEM, "openssh-server", "openssh-client", "sudo", "xserver-xorg-core", "xinit"} <= set(plan.packages)
    assert "acpid" not in plan.packages
    assert plan.keep_out == ("acpid",)
    assert "linux-image-amd64" in plan.packages  # Debian's one kernel stands for RHEL's kernel-xen


def test_what_has_no_counterpart_is_said() -> None:
    assert any("authconfig" in note for note in read_kickstart(KS).notes)
    assert any("own medium" in note for note in read_kickstart(KS).notes)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("install\n", "install\nfrobnicate --hard\n", "line 2: this installer does not know the command 'frobnicate'"),
        ("zerombr\n", "zerombr\nvolgroup vg pv.1\n", "line 13: this installer does not know the command 'volgroup'"),
        ("zerombr\n", "autopart\n", "'autopart'"),
        ("--initlabel", "--linux", "clearpart's option '--linux'"),
        ("part swap --size=512", "part swap --recommended", "part's option '--recommended'"),
        ("part swap --size=512", "part swap", "line 14: part swap: no --size"),
        ("part swap --size=512", "part swap --size=many", "many"),
        ("part swap --size=512", "part pv.1 --size=512", "part pv.1: not a mount point"),
        ("part swap --size=512", "part swap --size=-512", "line 14: part swap: a size is negative"),
        ("--size=100", "--size=100 --maxsize=-1", "a size is negative"),
        ("--log=/root/post.log", "--log=../../etc/passwd", "--log=../../etc/passwd"),
        ("--log=/root/post.log", "--log=post.log", "--log=post.log"),
        ("--uid=700", "--uid=0", "--uid=0"),
        ("--uid=700", "--uid=-1", "--uid=-1"),
        ("--uid=700", "--homedir=/home/../etc", "--homedir=/home/../etc"),
        ("--name=vagrant", "--name=../x", "not a name"),
        ("text\n", "text 'x\n", "No closing quotation"),
        ("text\n", "''\n", "index"),
        ("--fstype ext3", "--fstype xfs", "file system 'xfs'"),
        ("part / ", "part /data ", "no partition /"),
        ("--label=logs", "--label=alabelthatistoolong", "label is longer"),
        ("--label=logs", "--label=root", "same label"),
        ("zerombr\n", "zerombr\npart /a --size=1\npart /b --size=1\n", "5 partitions"),
        ("part swap ", "part swap --ondisk=sdb ", "no disk 'sdb'"),
        ("--bootproto dhcp", "--bootproto static --ip 10.0.0.1", "network's option '--ip'"),
        ("--device eth0", "--device eth1", "no device 'eth1'"),
        ("--location=mbr", "--location=partition", "--location=partition"),
        ("keyboard us", "keyboard de", "layout 'de'"),
        ("timezone --utc Asia/Seoul\n", "", "does not say: timezone"),
        ("reboot\n", "", "neither reboot nor poweroff"),
        ("@core", "@office", "@office"),
        ("openssh-clients", "openssh-clients\nmutt\nemacs", "emacs, mutt"),
        ("-acpid", "-@base", "leaves no groups out"),
        ("@core", "%include http://example.org/more", "%include"),
        ("%post --erroronfail", "%pre", "%pre"),
        ("%post --erroronfail", "%post --nochroot --erroronfail", "--nochroot"),
        ("%post --erroronfail", "%traceback", "%traceback"),
        ('print("two")\n', 'print("two")\n%end\n', "%end"),
        ("$1$abc$def", "", "rootpw"),
    ],
)
def test_what_is_not_done_is_refused_by_name(old: str, new: str, says: str) -> None:
    assert old in KS
    with pytest.raises(HvlabError) as refused:
        read_kickstart(KS.replace(old, new, 1))
    assert says in refused.value.message
    assert "\n" not in refused.value.message


def test_without_the_group_base() -> None:
    plan = read_kickstart(KS.replace("%packages", "%packages --nobase").replace("-acpid\n", ""))
    assert set(read_kickstart(KS.replace("-acpid\n", "")).packages) - set(plan.packages) == {"sudo", "acpid"}


def test_a_line_of_a_script_that_begins_with_percent() -> None:
    plan = read_kickstart(KS.replace("echo one\n", "cat <<E\n%wheel ALL\n%addon x\nE\n"))
    assert plan.scripts[0].text == "cat <<E\n%wheel ALL\n%addon x\nE\n"


STOCK = Stock(dict.fromkeys(read_kickstart(KS).packages, "1.0"), ("C.utf8", "en_US.utf8"), ("Asia/Seoul",))


def test_a_medium_that_has_everything() -> None:
    STOCK.require(read_kickstart(KS))


@pytest.mark.parametrize(
    ("stock", "says"),
    [
        (replace(STOCK, packages={k: v for k, v in STOCK.packages.items() if k != "xinit"}), "medium: xinit"),
        (replace(STOCK, packages={**STOCK.packages, "acpid": "1"}), "need acpid"),
        (replace(STOCK, locales=("C.utf8",)), "medium: en_US.UTF-8"),
        (replace(STOCK, timezones=("Etc/UTC",)), "medium: Asia/Seoul"),
    ],
)
def test_a_medium_that_lacks_something(stock: Stock, says: str) -> None:
    with pytest.raises(HvlabError) as refused:
        stock.require(read_kickstart(KS))
    assert says in refused.value.message


def test_the_installed_systems_files() -> None:
    files = identity_files(read_kickstart(KS))
    assert files["hostname"] == "alpha\n"
    assert files["network/interfaces"].splitlines()[-1] == "iface eth0 inet dhcp"
    assert files["fstab"].splitlines() == [
        "LABEL=root / ext3 noatime 0 1",
        "LABEL=logs /var/log ext4 defaults 0 2",
        "LABEL=swap none swap sw 0 0",
    ]
    config = grub_config(read_kickstart(KS), "/boot/vmlinuz-6.1", "/boot/initrd.hvlab")
    assert "linux /boot/vmlinuz-6.1 root=LABEL=root rw quiet net.ifnames=0\n" in config


def test_a_name_is_not_needed() -> None:
    files = identity_files(read_kickstart(KS.replace(" --hostname=alpha", "")))
    assert (files["hostname"], files["hosts"]) == ("localhost\n", "127.0.0.1 localhost\n")


def test_the_default_guest() -> None:
    plan = read_kickstart((KICKSTARTS / "debian-12.ks").read_text())
    # What starts the guest from its disk and what KVM and Xen are given is the same.
    assert f"/vmlinuz {COMMAND_LINE} {SCREEN}\n" in grub_config(plan, "/vmlinuz", "/initrd")
    assert {part.label for part in plan.partitions} == {"root", "swap"}
    assert [account.name for account in plan.accounts] == ["root", "vagrant"]


@pytest.mark.parametrize(("gib", "mib"), [(2, [2048]), (1, [1024]), (0, [])])
def test_the_topology_says_how_much_swap(gib: int, mib: list[int]) -> None:
    plan = read_kickstart(kickstart_text(TopologySettings(swap_gib=gib)))
    assert [part.size_mib for part in plan.partitions if part.mount == "swap"] == mib
