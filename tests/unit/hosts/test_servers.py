"""Tables 1 and 2 of servers: comments and placeholders of dmidecode, RAID, multipath, cards without names."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.hosts.block_devices import drives, partitions
from lab.hosts.facts import read_facts
from lab.hosts.hardware import hardware, version
from tests.support.examples import examples
from tests.support.recorded import ROOT

RECORDED = ROOT / "hardware"
GIB = 1 << 30
ROOT_ROW = ("/", 15.0, "host operating system")
SWAP_ROW = ("swap", 4.0, "host swap")


def device(name: str | None, kind: str, size: int | None, *children: Any, mount: str | None = None, **more: Any) -> Any:
    """Make a row of lsblk; size in GiB."""
    told = None if size is None else size * GIB
    row = {"name": name, "type": kind, "size": told, "model": None, "mountpoints": [mount], **more}
    return row | ({"children": list(children)} if children else {})


def tree(*devices: Any) -> str:
    """Make lsblk's JSON."""
    return json.dumps({"blockdevices": devices})


def board(text: str) -> str:
    return dict(hardware({"board": text}))["Main board"]


def test_comments_of_dmidecode_are_no_names() -> None:
    assert board((RECORDED / "dmidecode-comments.txt").read_text()) == "X10DRi Supermicro SYS-2028R"


@pytest.mark.parametrize(
    "placeholder",
    ["To Be Filled By O.E.M.", "To be filled by O.E.M.", "Default string", "Not Specified", "System Product Name",
     "System manufacturer", "Base Board Product Name", "Type2 - Board Product Name1", "N/A", "0000000000", "Unknown"],
)  # fmt: skip
def test_placeholders_are_no_names(placeholder: str) -> None:
    assert board(f"{placeholder}\nASRock\n{placeholder}\n") == "ASRock"
    assert board(f"{placeholder}\n{placeholder}\n") == "unknown"


def test_a_root_on_raid_is_listed_once_and_memory_is_no_drive() -> None:
    text = (RECORDED / "lsblk-raid1.json").read_text()
    assert partitions(text) == [("/", 18.6, "host operating system"), ("swap", 3.7, "host swap")]
    assert drives(text) == "sda 279 GB, sdb 279 GB"


def test_a_drive_with_two_paths_is_listed_once() -> None:
    root = device("mpatha1", "part", 15, mount="/")
    paths = [
        device(name, "disk", 100, device("mpatha", "mpath", 100, root), model="LUN C-Mode ") for name in ("sda", "sdb")
    ]
    assert drives(tree(*paths)) == "mpatha 100 GB LUN C-Mode"
    assert partitions(tree(*paths)) == [ROOT_ROW]


def test_a_cached_root_is_listed_once() -> None:
    cached = device("bcache0", "disk", 15, mount="/")
    text = tree(
        device("sda", "disk", 100, cached), device("nvme0n1", "disk", 20, device("nvme0n1p1", "part", 20, cached))
    )
    assert partitions(text) == [ROOT_ROW]
    assert drives(text) == "sda 100 GB, nvme0n1 20 GB"


def test_volumes_of_lvm_and_nvme() -> None:
    volumes = device("vg-root", "lvm", 15, mount="/"), device("vg-swap", "lvm", 4, mount="[SWAP]")
    text = tree(device("nvme0n1", "disk", 477, device("nvme0n1p3", "part", 470, *volumes), model="SAMSUNG MZVLB512"))
    assert partitions(text) == [ROOT_ROW, SWAP_ROW]
    assert drives(text) == "nvme0n1 477 GB SAMSUNG MZVLB512"


def test_two_areas_of_swap_are_two_partitions() -> None:
    text = tree(*(device(f"sd{at}", "disk", 100, device(f"sd{at}2", "part", 4, mount="[SWAP]")) for at in "ab"))
    assert partitions(tree(device("sdc", "disk", 15, mount="/"), *json.loads(text)["blockdevices"])) == [
        ROOT_ROW,
        SWAP_ROW,
        SWAP_ROW,
    ]


@pytest.mark.parametrize("name", ["zram0", "ram0", "fd0", "zd16", "drbd0", "mtdblock0"])
def test_what_is_no_drive_of_its_own(name: str) -> None:
    assert drives(tree(device("sda", "disk", 10), device(name, "disk", 1))) == "sda 10 GB"
    assert drives(tree(device(name, "disk", 1))) == "none"


def test_what_lsblk_does_not_tell_of_a_device_is_left_out() -> None:
    text = tree(
        device(None, "disk", 10, device(None, "part", 15, mount="/"), device(None, "part", 4, mount="[SWAP]")),
        device("sdb", "disk", None, model="ST3"),
    )
    assert drives(text) == "10 GB, sdb ST3"
    assert partitions(text) == [ROOT_ROW, SWAP_ROW]


def test_swap_in_memory_is_no_partition_where_there_is_no_lsblk() -> None:
    mounted = "/dev/sda1 15728640 1 1 1% /\n/dev/zram0 partition 16252924 0 100\n/dev/sda2 partition 4194304 0 -2\n"
    assert partitions("", mounted) == [ROOT_ROW, SWAP_ROW]


@given(data=st.data())
@settings(examples(300), derandomize=True)
def test_an_answer_that_is_cut_or_changed_never_ends_the_run(data: st.DataObject) -> None:
    """A run has been read when its host is described: what is not known is said so."""
    texts = {"disks": (RECORDED / "lsblk-raid1.json").read_text(), "pci": CARDS, "cpu": '{"lscpu": [{"field": "x"}]}',
             "board": (RECORDED / "dmidecode-comments.txt").read_text(), "memory": "MemTotal: 1 kB"}  # fmt: skip
    name = data.draw(st.sampled_from(sorted(texts)))
    text = texts[name]
    start, end = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(text))])))
    with_change = (
        text[:start] + data.draw(st.sampled_from(["", "-", "null", "[]", "\n", text[start:end] * 2])) + text[end:]
    )
    assert all(value for _, value in hardware(texts | {name: with_change}))
    for mount, size, purpose in partitions(with_change):
        assert mount
        assert isinstance(size, float)
        assert purpose


CARDS = """\
00:00.0 Host bridge: Intel Corporation Device 3e34
02:00.0 Ethernet controller: Intel Corporation I350 (rev 01)
03:00.0 Network controller: Mellanox Technologies MT27500 Family [ConnectX-3]
0000:04:00.0 Infiniband controller: Mellanox Technologies MT28908
05:00.0 3D controller: NVIDIA Corporation GV100GL [Tesla V100] (rev a1)
06:00.0 Display controller: Advanced Micro Devices [AMD/ATI] Device 738c
07:00.0 VGA compatible controller: ASPEED Technology, Inc. Graphics Family (rev 30)
"""


def test_cards_of_servers() -> None:
    rows = dict(hardware({"pci": CARDS}))
    assert rows["NIC"] == (
        "Intel Corporation I350 (rev 01), Mellanox Technologies MT27500 Family [ConnectX-3],"
        " Mellanox Technologies MT28908"
    )
    assert rows["VGA"] == (
        "NVIDIA Corporation GV100GL [Tesla V100] (rev a1), Advanced Micro Devices [AMD/ATI] Device 738c,"
        " ASPEED Technology, Inc. Graphics Family (rev 30)"
    )


def test_cards_without_names() -> None:
    rows = dict(hardware({"pci": "00:02.0 Class 0300: Device 1234:1111\n00:03.0 Class 0200: 8086:100e (rev 03)\n"}))
    assert (rows["NIC"], rows["VGA"]) == ("8086:100e (rev 03)", "Device 1234:1111")


def test_no_card_is_said_only_if_the_cards_were_told() -> None:
    assert dict(hardware({"pci": CARDS.splitlines()[0]}))["NIC"] == "none"
    assert dict(hardware({"pci": "pcilib: Cannot open /proc/bus/pci\n"}))["NIC"] == "not recognised"
    assert dict(hardware({"pci": "\n"}))["NIC"] == "unknown"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("mpstat", (RECORDED / "mpstat-version.txt").read_text(), "sysstat version 12.7.5"),
        ("mpstat", "sysstat version 7.0.2\n(C) Sebastien Godard\n", "sysstat version 7.0.2"),
        ("mpstat", "sh: 1: mpstat: not found\n", ""),
        ("procps", "free from procps-ng 4.0.4\n", "free from procps-ng 4.0.4"),
        ("kernel", "6.1.0-50-amd64\n", "6.1.0-50-amd64"),
    ],
)
def test_versions(name: str, text: str, told: str) -> None:
    assert version(name, text) == told


@pytest.mark.parametrize(
    "number",
    ["Not Settable", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
     "03000200-0400-0500-0006-000700080009", "# SMBIOS implementations newer than version 2.8 are not"],
)  # fmt: skip
def test_a_number_that_many_boards_have_tells_no_machine(number: str) -> None:
    assert read_facts(f"boot=1\nhostname=server\nboard={number}\n").identity == {"hostname": "server"}
