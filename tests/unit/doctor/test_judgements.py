"""Each check's judgement of what machines print: tests/fixtures/doctor, one file a machine."""

import pytest

from lab.doctor.check import Wanted
from lab.settings import Settings
from tests.support.lab_hosts import CHECKS, judge, wanted


def test_a_lab_that_would_use_kvm_fails_where_no_guest_boots() -> None:
    found = judge("pvm-guest", "hardware-virtualization", wanted("nested", accelerator="kvm"))
    assert (found.state, "HVLAB_ACCEL" in found.todo) == ("fail", True)


@pytest.mark.parametrize(
    ("nested", "provider", "accelerator", "state"),
    [
        ("N", None, "kvm", "fail"),
        ("0", "virtualbox", "kvm", "fail"),
        ("N", "xen", "kvm", "warn"),
        # Not yet probed, or emulated: the lab host runs, only slower.
        ("N", None, "", "warn"),
        ("N", "kvm", "tcg", "warn"),
        ("Y", "kvm", "kvm", "ok"),
        ("1", None, "kvm", "ok"),
    ],
)
def test_a_lab_host_with_hardware_virtualization_needs_it_nested(
    nested: str, provider: str | None, accelerator: str, state: str
) -> None:
    for module, flag in (("kvm_intel", "vmx"), ("kvm_amd", "svm")):
        purpose = wanted("nested", provider, accelerator)
        found = CHECKS["nested-virtualization"].judge(f"{module}={nested}\nflags={flag}\n", purpose)
        assert found.state == state
        assert (f"options {module} nested=1" in found.todo) == (state != "ok")


def test_a_kernel_that_hangs_is_told_from_a_qemu_that_ended() -> None:
    probe = CHECKS["hardware-virtualization"].judge
    begun = "device=yes\naccess=yes\nqemu=/q\nkernel=/k\nprobe=begun\n"
    assert "within 10 s" in probe(f"{begun}\nstatus=137\n", wanted()).seen
    assert "ended with 134" in probe(f"{begun}\nstatus=134\n", wanted()).seen
    assert "no qemu" in probe("device=yes\naccess=yes\nqemu=\nkernel=/k\n", wanted()).seen
    assert "may not be opened" in probe("device=yes\naccess=no\n", wanted()).seen


def test_disks_whose_blocks_are_all_reserved_need_their_whole_size() -> None:
    settings = Settings.model_validate({"factors": {"disk_strategy": "preallocated"}})
    for count, state in ((4, "ok"), (20, "fail")):
        topology = settings.topology.model_copy(update={"guests": count})
        purpose = Wanted("local", None, settings.model_copy(update={"topology": topology}), "/cache", "/state")
        found = judge("debian-12-kvm", "disk", purpose)
        assert (found.state, found.seen) == (state, f"337.1 GiB free on /dev/nvme0n1p2 ({20 * count + 6} needed)")


@pytest.mark.parametrize(
    ("kernel", "virtualbox", "at_load", "state"),
    [
        ("6.1.0-32-amd64", "7.1.12r169651", "", "ok"),
        ("6.12.9-amd64", "7.1.12r169651", "Y", "fail"),
        ("6.12.9-amd64", "7.1.12r169651", "N", "ok"),
        ("6.18.1-amd64", "7.2.8r1", "Y", "fail"),
        ("6.18.1-amd64", "7.2.8r1", "N", "ok"),
        ("6.12.9-amd64", "7.2.14r1", "Y", "fail"),
        ("6.12.9-amd64", "7.2.14r1", "N", "ok"),
        ("6.15.1-amd64", "7.2.14r1", "Y", "warn"),
        ("6.18.1-amd64", "7.2.14r1", "Y", "ok"),
        ("7.1.0-amd64", "7.2.10r1", "N", "fail"),
    ],
)
def test_kvm_beside_virtualbox(kernel: str, virtualbox: str, at_load: str, state: str) -> None:
    text = f"kernel={kernel}\nkvm=loaded\nat_load={at_load}\nvirtualbox={virtualbox}\ndriver=loaded\n"
    found = CHECKS["kvm-beside-virtualbox"].judge(text, wanted(provider="virtualbox"))
    assert found.state == state, found
    assert "VirtualBox " + virtualbox in found.seen
    unloaded = text.replace("kvm=loaded", "kvm=no")
    assert CHECKS["kvm-beside-virtualbox"].judge(unloaded, wanted(provider="virtualbox")).state == "ok"


def test_what_did_not_answer_is_not_called_absent() -> None:
    found = CHECKS["kvm-beside-virtualbox"].judge("tool=/usr/bin/VBoxManage\nvirtualbox=\n", wanted())
    assert (found.state, "no VirtualBox" in found.seen) == ("warn", False)
    found = CHECKS["libvirt"].judge("tool=/usr/bin/virsh\nclient=\ndaemon=\n", wanted(provider="kvm"))
    assert (found.state, "no virsh" in found.seen) == ("fail", False)
    assert CHECKS["port"].judge("", wanted("nested")).state == "warn"
