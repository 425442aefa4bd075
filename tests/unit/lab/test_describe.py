"""Tables 1 and 2 from what the tools of a lab host say, or do not say."""

import json

import pytest

from hypervisors.registry import get_hypervisor
from lab.hosts.block_devices import partitions
from lab.hosts.hardware import hardware, split_answers

LSCPU = {
    "lscpu": [
        {"field": "Architecture:", "data": "x86_64"},
        {"field": "CPU(s):", "data": "2"},
        {
            "field": "Vendor ID:",
            "data": "AuthenticAMD",
            "children": [{"field": "Model name:", "data": "AMD Opteron 23xx"}],
        },
    ]
}
GIB = 1 << 30
LSBLK = {
    "blockdevices": [
        {
            "name": "vda", "type": "disk", "size": 289 * GIB, "model": None, "mountpoints": [None],
            "children": [
                {"name": "vda1", "type": "part", "size": 15 * GIB, "model": None, "mountpoints": ["/"]},
                {"name": "vda2", "type": "part", "size": 4 * GIB, "model": None, "mountpoints": ["[SWAP]"]},
                {"name": "vda3", "type": "part", "size": 90 * GIB, "model": None, "mountpoints": ["/xen"]},
            ],
        },
        {"name": "loop0", "type": "loop", "size": GIB, "model": None, "mountpoints": [None]},
        {"name": "vdb", "type": "disk", "size": 2 * GIB, "model": None, "mountpoints": ["/boxes"]},
    ]
}  # fmt: skip
ANSWERS = {
    "cpu": json.dumps(LSCPU),
    "board": "Standard PC (Q35)\nQEMU\nStandard PC (Q35)\n",
    "memory": "MemTotal:        4011000 kB\n",
    "disks": json.dumps(LSBLK),
    "pci": "00:02.0 Ethernet controller: Red Hat, Inc. Virtio network device\n",
}


def test_hardware() -> None:
    rows = dict(hardware(ANSWERS))
    assert rows["CPU"] == "AMD Opteron 23xx, 2 CPUs, x86_64"
    assert rows["Main board"] == "Standard PC (Q35) QEMU"
    assert rows["Memory"] == "3916 MiB usable by Linux"
    assert rows["HDD"] == "vda 289 GB, vdb 2 GB"
    assert rows["NIC"] == "Red Hat, Inc. Virtio network device"
    assert rows["VGA"] == "none"


def test_under_xen_the_machines_memory_is_xens_word() -> None:
    memory = get_hypervisor("xen").machine_memory
    assert memory
    assert memory.parse("total_memory           : 4095\nfree_memory            : 120\n") == (4095, 120)
    assert memory.parse("") == (None, None)
    assert dict(hardware(ANSWERS, "4095 MiB (as Xen reports)"))["Memory"].startswith("4095 MiB")


def test_what_is_not_told_is_said_so() -> None:
    assert {value for _, value in hardware({})} == {"unknown"}
    assert partitions("") == []


def test_partitions() -> None:
    assert partitions(ANSWERS["disks"]) == [
        ("/", 15.0, "host operating system"),
        ("swap", 4.0, "host swap"),
        ("/xen", 90.0, "Xen image files"),
    ]


def test_an_older_lsblk_has_one_mount_point_a_device_and_sizes_as_texts() -> None:
    disk = {
        "name": "sda", "type": "disk", "size": str(100 * GIB), "model": "ST3", "mountpoint": None,
        "children": [{"name": "sda1", "type": "part", "size": str(15 * GIB), "model": None, "mountpoint": "/"}],
    }  # fmt: skip
    text = json.dumps({"blockdevices": [disk]})
    assert dict(hardware({"disks": text}))["HDD"] == "sda 100 GB ST3"
    assert partitions(text) == [("/", 15.0, "host operating system")]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"lscpu": [{}], "blockdevices": [{}]}'])
def test_a_form_that_is_not_known_is_said_so(text: str) -> None:
    """A run that was read is not lost for its description."""
    rows = dict(hardware({"cpu": text, "disks": text}))
    assert rows["CPU"] == rows["HDD"] == "not recognised"
    assert partitions(text, "/dev/sda1 15728640 1 1 1% /\n") == [("/", 15.0, "host operating system")]


def test_answers_are_taken_apart() -> None:
    text = "motd\n=====hvlab cpu\n{}\n=====hvlab kernel\n6.1\n=====hvlab pci\n"
    assert split_answers(text) == {"cpu": "{}\n", "kernel": "6.1\n", "pci": ""}


def test_what_lsblk_and_lscpu_do_not_tell_is_read_otherwise() -> None:
    """As on CentOS 5.5, which has neither."""
    cpuinfo = "Intel(R) Xeon(R) CPU E5405 @ 2.00GHz\nIntel(R) Xeon(R) CPU E5405 @ 2.00GHz\nx86_64\n"
    assert dict(hardware({"cpuinfo": cpuinfo}))["CPU"] == "Intel(R) Xeon(R) CPU E5405 @ 2.00GHz, 2 CPUs, x86_64"
    mounted = """\
Filesystem         1024-blocks      Used Available Capacity Mounted on
/dev/sda1             15728640   2000000  13000000      14% /
/dev/sda3             94371840   1000000  93000000       2% /kvm
Filename\t\t\t\tType\t\tSize\tUsed\tPriority
/dev/sda2                               partition\t4194296\t0\t-1
"""
    rows = [("/", 15.0, "host operating system"), ("/kvm", 90.0, "KVM image files"), ("swap", 4.0, "host swap")]
    assert partitions("", mounted) == rows
    # In a container lsblk shows disks that are mounted nowhere.
    assert partitions('{"blockdevices": [{"name": "vda", "size": 1, "mountpoints": [null]}]}', mounted) == rows
    assert partitions(ANSWERS["disks"], mounted)[1] == ("swap", 4.0, "host swap")
