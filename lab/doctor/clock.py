"""The clock: whether it runs evenly, and whether something synchronizes it."""

from core.diagnosis import Finding, facts, verdicts
from lab.doctor.check import Check, Wanted

# One second apart: both clocks must have advanced by the same time. timedatectl is not called: it starts a service.
_LINE = """\
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
# 2020-09-13: the clock of any machine that runs this is later.
_EPOCH_S = 1_600_000_000


def _judge(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts("clock")
    output = facts(text)
    try:
        wall0, wall1, up0, up1 = (float(output[name]) for name in ("wall0", "wall1", "up0", "up1"))
    except (KeyError, ValueError):
        return warn("the output of date and /proc/uptime is not recognised", "check the clock by hand")
    source = f"source {output.get('source') or 'unknown'}"
    wall, uptime = wall1 - wall0, up1 - up0
    seen = f"{source}, in {uptime:.2f} s of uptime the time of day advanced by {wall:.2f} s"
    if uptime <= 0 or wall <= 0:
        return fail(f"{seen}: a clock stands still or runs backwards", "choose another clocksource")
    if abs(wall - uptime) > _MOST_APART_S:
        return warn(f"{seen}: they differ", "something sets the time of day meanwhile; run doctor again")
    if wall1 < _EPOCH_S:
        return warn(f"{seen}, and is before 2020", "set the clock")
    if not output.get("sync"):
        return warn(
            f"{seen}; no service was found that synchronizes it",
            "times of captures may be wrong: run chrony or systemd-timesyncd",
        )
    return ok(f"{seen}; synchronized by {output['sync']}")


CHECKS = (Check("clock", lambda wanted: _LINE, _judge),)
