"""Partitions have the sizes asked for, do not overlap, and fit; sfdisk makes them of the script."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from lab.installer.partitions import MIB, SECTOR, place
from lab.installer.plan import Part

GIB = 1024 * MIB


def part(mount: str, size_mib: int, grow: bool = False, max_mib: int = 0) -> Part:
    kind = "swap" if mount == "swap" else "ext4"
    return Part(mount, kind, size_mib, mount.strip("/") or "root", grow, max_mib)


def sizes(parts: list[Part], disk_bytes: int) -> list[int]:
    return [entry.sectors * SECTOR // MIB for entry in place(parts, disk_bytes)]


def test_the_guests_disk() -> None:
    assert sizes([part("/", 2048, grow=True), part("swap", 2048)], 20 * GIB) == [20480 - 1 - 2048, 2048]


def test_growing_partitions_share_up_to_their_limit() -> None:
    parts = [part("/", 100, grow=True), part("/home", 100, grow=True, max_mib=150), part("swap", 50)]
    assert sizes(parts, 1001 * MIB) == [800, 150, 50]


def test_nothing_grows_unasked() -> None:
    assert sizes([part("/", 300), part("swap", 50)], GIB) == [300, 50]


def test_too_much() -> None:
    with pytest.raises(HvlabError, match="need 1024 MiB, the disk has room for 1023 MiB"):
        place([part("/", 1000, grow=True), part("swap", 24)], GIB)


asked = st.lists(
    st.tuples(st.integers(1, 5000), st.booleans(), st.sampled_from([0, 100, 9000])), min_size=1, max_size=4
)


@given(asked, st.integers(1, 30))
def test_partitions_lie_one_after_the_other(wanted: list[tuple[int, bool, int]], gib: int) -> None:
    parts = [part(f"/{number}", size, grow, limit) for number, (size, grow, limit) in enumerate(wanted)]
    if sum(size for size, _, _ in wanted) > gib * 1024 - 1:
        with pytest.raises(HvlabError):
            place(parts, gib * GIB)
        return
    placed = place(parts, gib * GIB)
    assert placed[0].start == MIB // SECTOR
    for before, after in itertools.pairwise(placed):
        assert after.start == before.start + before.sectors
    assert (placed[-1].start + placed[-1].sectors) * SECTOR <= gib * GIB
    for entry in placed:
        size = entry.sectors * SECTOR // MIB
        assert size >= entry.part.size_mib
        if not entry.part.grow:
            assert size == entry.part.size_mib
        elif entry.part.max_mib:
            assert size <= max(entry.part.max_mib, entry.part.size_mib)
