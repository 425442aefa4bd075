"""Factor `swap`: the lab host's swap area is in use (proc_meminfo(5))."""

import re

from core.resources.setting import Setting
from dataset.descriptors import Effect
from factors.base import Factor, FactorCheck
from study.meters.base import Number
from study.meters.readback import Readback, Reading

# The areas in use, as /proc/swaps names them (a blank is \040); "none" without one.
_READ = r"""
[ -e /proc/swaps ] || return 3
areas=$(sed -n '2,$s/^\(\/[^ ]*\) .*/\1/p' /proc/swaps | sort | paste -sd ' ' -) || return 1
printf "%s\n" "${areas:-none}"
"""
# "on": any area will do. That of the nested lab host has a label; an unmanaged host names its own in /etc/fstab.
_WRITE = r"""
if [ "$1" = on ]; then
    grep -q '^/' /proc/swaps || swapon LABEL=swap 2>/dev/null || swapon -a
    grep -q '^/' /proc/swaps && return
    echo "there is no swap area: make one, or set factors.swap = false" >&2
    return 1
fi
used=$(sed -n '2,$s/^\(\/[^ ]*\) .*/\1/p' /proc/swaps)
for area in $used; do
    case " $1 " in *" $area "*) ;; *) swapoff "$(printf %b "$area")" || return 1;; esac
done
[ "$1" != none ] || return 0
used=$(printf "%s\n" "$used" | paste -sd ' ' -)
for area in $1; do
    case " $used " in *" $area "*) ;; *) swapon "$(printf %b "$area")" || return 1;; esac
done
"""


def _show(found: Readback) -> bool:
    return found.whole("SwapTotal") > 0


def _numbers(found: Readback) -> list[Number]:
    total = found.whole("SwapTotal")
    return [Number("swap_total", total, "KiB"), Number("swap_used", total - found.whole("SwapFree"), "KiB")]


def _areas(text: str) -> list[tuple[int, int]]:
    """Return size and use of each swap area in /proc/swaps, KiB."""
    areas = re.findall(r"^\S+\s+(?:file|partition)\s+(\d+)\s+(\d+)", text, re.MULTILINE)
    return [(int(size), int(used)) for size, used in areas]


def _read(text: str) -> tuple[str, bool]:
    areas = _areas(text)
    size, used = (sum(area[column] for area in areas) // 1024 for column in (0, 1))
    return f"{size} MiB, {used} used" if areas else "none", bool(areas)


def _problem(text: str, nested: bool) -> str:
    used = sum(used for _, used in _areas(text)) // 1024
    return "pages come back while readings are taken: free memory, then swapoff -a; swapon -a" if used else ""


FACTOR = Factor[bool](
    name="swap",
    title="Swap of the host",
    type=bool,
    default=True,
    order=30,
    setting=Setting("swap", _READ, _WRITE),
    written=lambda on: "on" if on else "none",
    reading=Reading(_show, lines="grep -hE '^(SwapTotal|SwapFree):' /proc/meminfo", numbers=_numbers),
    effects=(Effect(title="Swap in use", metric="swap_used", read_in="MiB", unit="MiB"),),
    doctor=FactorCheck("swap", "cat /proc/swaps\n", _read, _problem),
)
