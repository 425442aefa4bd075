"""What of the kernel changes readings: KSM, transparent huge pages, swap, the clock."""

import re

from core.diagnosis import Finding, facts, verdicts
from lab.doctor.check import Check, Wanted

_KSM_LINE = "echo run=$(cat /sys/kernel/mm/ksm/run 2>/dev/null)\n"
_THP_LINE = """\
cat /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/redhat_transparent_hugepage/enabled 2>/dev/null
exit 0
"""
_BY_STUDY = "factors.{name} in hvlab.toml declares {declared}: set one like the other"


def _ksm(text: str, wanted: Wanted) -> Finding:
    ok, warn, _ = verdicts("ksm")
    run = facts(text).get("run", "")
    seen = {"": "the kernel has none", "0": "off", "1": "on", "2": "off, pages unmerged"}.get(run, f"run={run}")
    if wanted.nested:
        if run == "1":
            return warn(seen, "it takes CPU from the lab host: echo 0 >/sys/kernel/mm/ksm/run")
        return ok(f"{seen}; the lab host has its own")
    declared = wanted.settings.factors.ksm
    if (run == "1") == declared:
        return ok(seen)
    return warn(seen, _BY_STUDY.format(name="ksm", declared=str(declared).lower()))


def _thp(text: str, wanted: Wanted) -> Finding:
    ok, warn, _ = verdicts("transparent-huge-pages")
    chosen = re.search(r"\[(\w+)\]", text)
    seen = chosen[1] if chosen else "the kernel has none"
    if wanted.nested:
        return ok(f"{seen}; the lab host has its own")
    declared = wanted.settings.factors.thp
    if seen == declared:
        return ok(seen)
    return warn(seen, _BY_STUDY.format(name="thp", declared=declared))


_SWAP_LINE = "cat /proc/swaps\n"


def _swap(text: str, wanted: Wanted) -> Finding:
    ok, warn, _ = verdicts("swap")
    areas = re.findall(r"^\S+\s+(?:file|partition)\s+(\d+)\s+(\d+)", text, re.MULTILINE)
    size, used = (sum(int(area[column]) for area in areas) // 1024 for column in (0, 1))
    seen = f"{size} MiB, {used} used" if areas else "none"
    if used:
        return warn(seen, "pages come back while readings are taken: free memory, then swapoff -a; swapon -a")
    if wanted.nested:
        return ok(seen)
    declared = wanted.settings.factors.swap
    if bool(areas) == declared:
        return ok(seen)
    return warn(seen, _BY_STUDY.format(name="swap", declared=str(declared).lower()))


# One second apart: both clocks must have gone on by the same time. timedatectl is not asked: that starts a service.
_CLOCK_LINE = """\
echo source=$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource 2>/dev/null)
echo wall0=$(date +%s.%N); echo up0=$(cut -d ' ' -f 1 /proc/uptime)
sleep 1
echo wall1=$(date +%s.%N); echo up1=$(cut -d ' ' -f 1 /proc/uptime)
[ -e /run/systemd/timesync/synchronized ] && echo sync=systemd-timesyncd
chronyc -n tracking 2>/dev/null | grep -q 'Leap status *: *Normal' && echo sync=chrony
ntpstat >/dev/null 2>&1 && echo sync=ntpd
exit 0
"""
_MOST_APART_S = 0.1
# 2020-09-13: no machine that runs this is older.
_EPOCH_S = 1_600_000_000


def _clock(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts("clock")
    told = facts(text)
    try:
        wall0, wall1, up0, up1 = (float(told[name]) for name in ("wall0", "wall1", "up0", "up1"))
    except (KeyError, ValueError):
        return warn("date and /proc/uptime tell nothing that is understood", "look by hand")
    source = f"source {told.get('source') or 'not told'}"
    went, lived = wall1 - wall0, up1 - up0
    seen = f"{source}, in {lived:.2f} s of uptime the time of day went on by {went:.2f} s"
    if lived <= 0 or went <= 0:
        return fail(f"{seen}: a clock stands still or goes back", "choose another clocksource")
    if abs(went - lived) > _MOST_APART_S:
        return warn(f"{seen}: they are apart", "something sets the time of day meanwhile; ask again")
    if wall1 < _EPOCH_S:
        return warn(f"{seen}, and is before 2020", "set the clock")
    if not told.get("sync"):
        return warn(
            f"{seen}; synchronized by nothing that was found", "captures' times may be off: run chrony or the like"
        )
    return ok(f"{seen}; synchronized by {told['sync']}")


CHECKS = (
    Check("ksm", lambda wanted: _KSM_LINE, _ksm),
    Check("transparent-huge-pages", lambda wanted: _THP_LINE, _thp),
    Check("swap", lambda wanted: _SWAP_LINE, _swap),
    Check("clock", lambda wanted: _CLOCK_LINE, _clock),
)
