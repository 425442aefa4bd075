"""Meter `guest-boot`: how long the newest guest took to start, by its own clock. It runs in the guest.

The guest's kernel counts from its own start; sshd's start time by that count (field 22 of `/proc/PID/stat`,
proc_pid_stat(5)) is the moment from which it can be logged in to. What comes before the kernel (firmware, boot loader,
the VMM's own start) is in the controller's clock only.
"""

import re

from study.meters.base import Context, Meter, Number, unrecognised

_TICKS_PER_S = 100  # USER_HZ
_UPTIME = re.compile(r"(?P<uptime>[0-9]+\.[0-9]{2}) [0-9]+\.[0-9]{2}")
_STAT = re.compile(r"[0-9]+ \(sshd\) [A-Z](?: -?[0-9]+){18} (?P<start>[0-9]+)(?: -?[0-9]+){20,}")


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context. The oldest sshd is the one that listens."""
    del context
    return "pid=$(pgrep -o -x sshd) && cat /proc/uptime /proc/$pid/stat"


def parse(text: str) -> list[Number]:
    """Read `sshd` and `uptime`, seconds since the guest's kernel started.

    Raises:
        HvlabError: The lines are not the kernel's, or sshd started after the reading.
    """
    lines = text.split("\n")
    uptime = _UPTIME.fullmatch(lines[0])
    stat = _STAT.fullmatch(lines[1]) if len(lines) == 3 and not lines[2] else None
    if uptime is None or stat is None:
        raise unrecognised("guest-boot", text, "no lines of /proc/uptime and of sshd's stat")
    started, now = int(stat["start"]) / _TICKS_PER_S, float(uptime["uptime"])
    if started > now:
        raise unrecognised("guest-boot", text, f"sshd started at {started} s, after {now} s")
    return [Number("sshd", started, "s"), Number("uptime", now, "s")]


METER = Meter(
    name="guest-boot", title="Boot time of a guest", quantity="time", command=command, parse=parse, where="guest"
)
