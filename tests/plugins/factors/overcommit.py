"""A factor for the tests, as a plug-in: whether the kernel grants more memory than there is (proc_sys_vm(5))."""

from typing import Literal

from core.resources.setting import kernel_file
from dataset.descriptors import HypervisorInfo
from factors.base import Factor, FactorCheck
from study.meters.base import Number
from study.meters.readback import Readback, Reading

FILE = "/proc/sys/vm/overcommit_memory"
_NUMBERS = {"guess": 0, "always": 1, "never": 2}


def _show(found: Readback) -> str | None:
    if FILE not in found.lines:
        return None
    number = found.whole(FILE)
    return next((word for word, each in _NUMBERS.items() if each == number), "unknown")


def _numbers(found: Readback) -> list[Number]:
    return found.numbers({FILE: "overcommit"}, "count")


def _read(text: str) -> tuple[str, str]:
    word = next((word for word, each in _NUMBERS.items() if str(each) == text.strip()), "unknown")
    return word, word


def _needs(hypervisor: HypervisorInfo) -> str:
    return "has no guests in the host's memory" if hypervisor.host_memory == "host" else ""


FACTOR = Factor[str](
    name="overcommit",
    title="Overcommitment of memory",
    type=Literal["guess", "always", "never"],
    default="guess",
    setting=kernel_file("overcommitment", FILE),
    written=lambda word: str(_NUMBERS[word]),
    reading=Reading(_show, lines=f"grep -sH . {FILE}", numbers=_numbers),
    doctor=FactorCheck("overcommitment", f"cat {FILE}\n", _read),
    needs=_needs,
)
