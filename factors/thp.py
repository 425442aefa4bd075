"""Factor `thp`: transparent huge pages of the lab host's kernel (admin-guide/mm/transhuge.rst)."""

import re
from typing import Literal

from core.resources.setting import kernel_file
from factors.base import Factor, FactorCheck
from study.meters.readback import Readback, Reading

_ENABLED = "/sys/kernel/mm/transparent_hugepage/enabled"
# In the kernels of RHEL 6.
_RED_HAT = "/sys/kernel/mm/redhat_transparent_hugepage/enabled"
_CHOSEN = re.compile(r"\[([a-z]+)\]")


def _show(found: Readback) -> str | None:
    if _ENABLED not in found.lines:
        return None
    chosen = _CHOSEN.search(found.lines[_ENABLED])
    if chosen is None:
        raise found.error(f"no choice in {found.lines[_ENABLED]!r}")
    return chosen[1]


def _read(text: str) -> tuple[str, str]:
    chosen = _CHOSEN.search(text)
    shown = chosen[1] if chosen else "the kernel has none"
    return shown, shown


FACTOR = Factor[str](
    name="thp",
    title="Transparent huge pages",
    type=Literal["never", "madvise", "always"],
    default="always",
    order=20,
    setting=kernel_file("transparent huge pages", _ENABLED),
    reading=Reading(_show, lines=f"grep -sH . {_ENABLED}"),
    doctor=FactorCheck("transparent-huge-pages", f"cat {_ENABLED} {_RED_HAT} 2>/dev/null\nexit 0\n", _read),
)
