"""Factor `page_cache`: whether the lab host's page cache is dropped before each stage is read (proc_vmstat(5))."""

from typing import Literal

from dataset.stages import Stage
from factors.base import Factor
from study.meters.base import Number
from study.meters.readback import Readback, Reading

_COUNT = "drop_pagecache"
# Page cache, and the slab that can be reclaimed: what `free` counts as buff/cache. What is not yet written stays, so it
# is written first. The kernel counts it as drop_pagecache and drop_slab in /proc/vmstat (proc_sys_vm(5), drop_caches).
_DROP = "sync && echo 3 >/proc/sys/vm/drop_caches"


def _show(found: Readback) -> int | None:
    """Return how often the page cache was dropped since the boot; None: the kernel does not count it."""
    return found.whole(_COUNT) if _COUNT in found.lines else None


def _word(drops: int) -> str:
    return "dropped" if drops else "kept"


def _compare(drops: int, asked: str, stage: Stage) -> list[str]:
    # `booting` is the first stage, and each guest adds one.
    if asked == "dropped" and 0 < drops <= stage.guests:
        return [f"page_cache was dropped {drops} times, not at every stage so far"]
    return FACTOR.different_text(drops, asked)


def _numbers(found: Readback) -> list[Number]:
    return found.numbers({_COUNT: "page_cache_drops"}, "count")


FACTOR = Factor[int](
    name="page_cache",
    title="Page cache before a reading",
    type=Literal["kept", "dropped"],
    default="kept",
    order=50,
    before_reading=lambda choice: _DROP if choice == "dropped" else "",
    reading=Reading(_show, lines=f"grep -hE '^{_COUNT} ' /proc/vmstat", numbers=_numbers),
    word=_word,
    compare=_compare,
)
