"""What a machine that runs already tells of itself, and which boot entry it needs for a provider."""

import pytest

from hypervisors.registry import get_hypervisor
from lab.hosts.facts import boot_entry, obstacle, read_facts
from tests.support.errors import raises_code

KVM, XEN, VIRTUALBOX = (get_hypervisor(name) for name in ("kvm", "xen", "virtualbox"))
DEBIAN = """\
uid=0
hostname=server
release=6.1.0-50-amd64
boot=279efaa0-2169-43bc-bf58-2d9a13fb52cd
machine=3d1219c7c4c5404aaa1f6d2a48adfda4
board=4C4C4544-0042-3510-8052-B4C04F4D3132
vendor=Dell Inc.
under=
entry=menuentry 'Debian GNU/Linux' --class debian --class gnu-linux $menuentry_id_option 'gnulinux-simple' {
entry=menuentry 'Debian GNU/Linux, with Linux 6.1.0-50-amd64 (recovery mode)' --class debian {
entry=menuentry 'Debian GNU/Linux, with Xen hypervisor' --class debian --class xen {
entry=menuentry "UEFI Firmware Settings" $menuentry_id_option 'uefi-firmware' {
"""
CENTOS = """\
uid=0
hostname=old
release=2.6.18-194.el5xen
boot=1d9a13fb-2169-43bc-bf58-279efaa052cd
machine=
board=
below=xen
entry=title CentOS (2.6.18-194.el5xen)
entry=title CentOS (2.6.18-194.el5)
"""


def test_a_plain_kernel_offers_kvm_and_virtualbox_and_names_xens_entry() -> None:
    found = read_facts(DEBIAN)
    assert obstacle(found, KVM, "server") is obstacle(found, VIRTUALBOX, "server") is None
    wrong = obstacle(found, XEN, "server")
    assert wrong
    assert str(wrong) == (
        "server runs the plain kernel, xen needs Xen;"
        " reboot it into its boot entry 'Debian GNU/Linux, with Xen hypervisor'"
    )


def test_dom0_offers_xen_and_names_the_plain_entry() -> None:
    found = read_facts(CENTOS)
    assert obstacle(found, XEN, "old") is None
    for provider in (KVM, VIRTUALBOX):
        wrong = obstacle(found, provider, "old")
        assert wrong
        assert wrong.message == f"old runs under Xen, {provider.name} needs the plain kernel, without Xen"
        assert wrong.hint == "reboot it into its boot entry 'CentOS (2.6.18-194.el5)'"


def test_the_usual_entry_is_named_not_a_rescue_one() -> None:
    assert boot_entry(read_facts(DEBIAN), KVM) == "Debian GNU/Linux"


def test_without_such_an_entry_or_without_any() -> None:
    no_xen = "".join(line for line in DEBIAN.splitlines(keepends=True) if "Xen" not in line)
    wrong = obstacle(read_facts(no_xen), XEN, "server")
    assert wrong
    assert wrong.hint == "reboot it into Xen; it has no boot entry for that: install it there"
    unread = "".join(line for line in DEBIAN.splitlines(keepends=True) if not line.startswith("entry"))
    wrong = obstacle(read_facts(unread), XEN, "server")
    assert wrong
    assert wrong.hint == "reboot it into the boot entry for Xen"


def test_numbers_are_told_as_hashes_and_what_is_not_told_is_left_out() -> None:
    found = read_facts(DEBIAN)
    assert found.identity.keys() == {"hostname", "machine", "board"}
    assert "3d1219c7" not in str(found.identity)
    assert read_facts(CENTOS).identity == {"hostname": "old"}
    # dmidecode and /sys write the board's number in different cases.
    assert read_facts(DEBIAN.replace("4C4C4544", "4c4c4544")).identity == found.identity


def test_the_key_tells_machines_and_kernels_apart() -> None:
    keys = {
        read_facts(text).key
        for text in (DEBIAN, DEBIAN.replace("=server", "=other"), DEBIAN.replace("6.1.0-50", "6.1.0-51"), CENTOS)
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("told", "accelerator"),
    [(("Dell Inc.", ""), "none"), (("QEMU", ""), "tcg"), (("QEMU", "KVM"), "kvm"), (("Amazon EC2", "KVM"), "kvm")],
)
def test_what_its_processors_are_under(told: tuple[str, str], accelerator: str) -> None:
    text = DEBIAN.replace("Dell Inc.", told[0]).replace("under=", f"under={told[1]}")
    assert read_facts(text).guest_of == accelerator


def test_no_linux() -> None:
    with raises_code("not-linux", "boot_id"):
        read_facts("uid=0\nhostname=bsd\n")
