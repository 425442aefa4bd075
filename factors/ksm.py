"""Factor `ksm`: the lab host's kernel merges equal pages (kernel documentation, admin-guide/mm/ksm.rst)."""

from core.diagnosis import facts
from core.resources.setting import kernel_file
from dataset.descriptors import Effect
from factors.base import Factor, FactorCheck
from study.meters.base import Number
from study.meters.readback import Readback, Reading

_FOLDER = "/sys/kernel/mm/ksm/"
_RUN = f"{_FOLDER}run"
_COUNTS = {_FOLDER + name: f"ksm_{name}" for name in ("run", "pages_shared", "pages_sharing", "full_scans")}
# A page of x86 is 4096 bytes; the kernel counts how many more pages use a merged one.
_SAVED = Effect(
    title="Memory that KSM saved", metric="ksm_pages_sharing", read_in="count", scale=4096 / 1024**2, unit="MiB"
)


def _numbers(found: Readback) -> list[Number]:
    return found.numbers(_COUNTS, "count")


def _show(found: Readback) -> bool | None:
    # 2: it has stopped, and has taken apart what it had merged.
    return found.whole(_RUN) == 1 if _RUN in found.lines else None


_STATES = {"": "the kernel has none", "0": "off", "1": "on", "2": "off, pages unmerged"}


def _read(text: str) -> tuple[str, bool]:
    run = facts(text).get("run", "")
    return _STATES.get(run, f"run={run}"), run == "1"


def _problem(text: str, nested: bool) -> str:
    return f"it takes CPU from the lab host: echo 0 >{_RUN}" if nested and _read(text)[1] else ""


FACTOR = Factor[bool](
    name="ksm",
    title="KSM (merging of equal pages)",
    type=bool,
    default=False,
    order=10,
    setting=kernel_file("KSM", _RUN),
    written=lambda on: str(int(on)),
    reading=Reading(_show, lines=f"grep -sH . {' '.join(_COUNTS)}", numbers=_numbers),
    effects=(_SAVED,),
    doctor=FactorCheck("ksm", f"echo run=$(cat {_RUN} 2>/dev/null)\n", _read, _problem),
)
