"""Meter `account`: where a kernel's memory went, from `/proc/meminfo` and every process's smaps_rollup.

    used = MemTotal - MemFree = processes + page_cache + kernel + hugetlb + rest

- processes: PSS of all processes (kernel documentation, filesystems/proc.rst)
- page_cache: Buffers + Cached + SwapCached, less what processes map of it (their Pss_File and Pss_Shmem), which would
  be counted twice
- kernel: the kernel's own use by its own count: Slab, PageTables, SecPageTables (the guests' nested ones), Percpu,
  VmallocUsed (kernel stacks are in it, so KernelStack is printed beside and not added)
- rest: unaccounted: pages that drivers took, such as guest RAM that a hypervisor's kernel module holds;
  and the error of reading one process after the other
"""

import re
from collections.abc import Mapping

from study.meters import meminfo
from study.meters.base import Context, Meter, Number, unrecognised

_CACHE = ("Buffers", "Cached", "SwapCached")
_KERNEL = {
    "slab": "Slab",
    "page_tables": "PageTables",
    "nested_page_tables": "SecPageTables",
    "percpu": "Percpu",
    "vmalloc": "VmallocUsed",
}
_BESIDE = {"kernel_stacks": "KernelStack"}
_NEEDED = ("MemTotal", "MemFree", *_CACHE, "Slab", "PageTables", "VmallocUsed")
_PSS = ("Pss", "Pss_Anon", "Pss_File", "Pss_Shmem")
_MEMINFO_END = "processes:"
_HEAD = re.compile(r"[0-9a-f]+-[0-9a-f]+ .*\[rollup\]")
_FIELD = re.compile(r"(Pss|Pss_Anon|Pss_File|Pss_Shmem): +([0-9]+) kB")
_END = "end"


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context. Errors for kernel threads (no memory) are dropped."""
    del context
    fields = "|".join(_PSS)
    return (
        f"cat /proc/meminfo; echo {_MEMINFO_END};"
        f" cat /proc/[0-9]*/smaps_rollup 2>/dev/null | grep -E '\\[rollup\\]|^({fields}):'; echo {_END}"
    )


def parse(text: str) -> list[Number]:
    """Compute the account, KiB. A part that the kernel does not report is absent and is counted in `rest`.

    An old kernel does not report a process's file pages (Pss_File); `page_cache` and `rest` are absent then.

    Raises:
        HvlabError: A line is not of the command above, a part of it is missing, or the parts are more than the whole.
    """
    memory, _, processes = text.partition(f"\n{_MEMINFO_END}\n")
    lines = processes.split("\n")
    if lines[-2:] != [_END, ""]:
        raise unrecognised("account", text, f'no last line "{_END}"')
    memory_fields = {number.metric: int(number.value) for number in meminfo.parse(f"{memory}\n")}
    pss, count = _sums(text, lines[:-2])
    if missing := [name for name in _NEEDED if name not in memory_fields]:
        raise unrecognised("account", text, f"no field {missing[0]}")
    return _account(text, memory_fields, pss, count)


def _sums(text: str, lines: list[str]) -> tuple[dict[str, int], int]:
    """Add up the processes' fields; a field that one of them lacks has no sum."""
    processes: list[dict[str, int]] = []
    for line in lines:
        if _HEAD.fullmatch(line):
            processes.append({})
        elif processes and (match := _FIELD.fullmatch(line)) and match[1] not in processes[-1]:
            processes[-1][match[1]] = int(match[2])
        else:
            raise unrecognised("account", text, f"{line!r} is no line of smaps_rollup")
    if not processes or any("Pss" not in each for each in processes):
        raise unrecognised("account", text, "no process, or one without Pss")
    fields = [name for name in _PSS if all(name in each for each in processes)]
    sums = {name: sum(each[name] for each in processes) for name in fields}
    # Each of the parts is rounded down to whole KiB.
    if len(fields) == len(_PSS) and not 0 <= sums["Pss"] - sum(sums[name] for name in _PSS[1:]) <= 3 * len(processes):
        raise unrecognised("account", text, "the parts of PSS do not add up")
    return sums, len(processes)


def _account(text: str, memory: Mapping[str, int], pss: Mapping[str, int], count: int) -> list[Number]:
    used = memory["MemTotal"] - memory["MemFree"]
    kernel = {metric: memory[name] for metric, name in _KERNEL.items() if name in memory}
    parts = {"used": used, "processes": pss["Pss"], **kernel, "kernel": sum(kernel.values())}
    parts |= {metric: memory[name] for metric, name in _BESIDE.items() if name in memory}
    if "Pss_File" in pss and "Pss_Shmem" in pss:
        parts["page_cache"] = sum(memory[name] for name in _CACHE) - pss["Pss_File"] - pss["Pss_Shmem"]
        explained = parts["processes"] + parts["page_cache"] + parts["kernel"] + memory.get("Hugetlb", 0)
        parts["rest"] = used - explained
    if min(used, memory["MemTotal"] - sum(memory[name] for name in ("MemFree", *_CACHE))) < 0:
        raise unrecognised("account", text, "its parts are more than the whole")
    return [*(Number(name, value, "KiB") for name, value in parts.items()), Number("count", count, "count")]


METER = Meter(
    name="account",
    title="Account of the kernel's memory",
    quantity="memory",
    command=command,
    parse=parse,
    # What is read one process after the other can be more than the whole of one moment.
    signed=frozenset({"page_cache", "rest"}),
)
