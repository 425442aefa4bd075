"""Reads from Vagrant's own log which of its actions took how long.

Vagrant logs "Calling IN action: #<Class:0x...>" when it enters an action of its chain, and OUT when the actions below
it are done (Vagrant 2.3.4, action/warden.rb), with VAGRANT_LOG=info and VAGRANT_LOG_TIMESTAMP=1 in whole seconds.
"""

import re
from collections import defaultdict
from datetime import datetime

# What Vagrant's environment must have for such a log.
LOGGED = {"VAGRANT_LOG": "info", "VAGRANT_LOG_TIMESTAMP": "1"}
# Ruby's start, Vagrant's plug-ins, the Vagrantfile; what is in no action of the chain.
BEFORE, BETWEEN = "start of Vagrant", "between actions"
_EVENT = re.compile(r"^(\S+ \S+) \[ *INFO\] Calling (IN|OUT) action: #<(?:Proc|([\w:]+)):0x", re.MULTILINE)


def seconds_by_action(log: str, begun: datetime, ended: datetime) -> dict[str, float]:
    """Return how long each of Vagrant's actions took, in seconds, without the actions that it called.

    Args:
        log: What Vagrant wrote.
        begun: When it was started, local time.
        ended: When it had ended.
    """
    taken: dict[str, float] = defaultdict(float)
    stack: list[str] = []
    last, running = begun, BEFORE
    for when, direction, name in _EVENT.findall(log):
        moment = datetime.fromisoformat(when)
        taken[running] += _seconds(last, moment)
        if direction == "IN":
            stack.append(name.rpartition("::")[2] or "a block")
        elif stack:
            stack.pop()
        last, running = moment, stack[-1] if stack else BETWEEN
    taken[running] += _seconds(last, ended)
    return {name: seconds for name, seconds in taken.items() if seconds}


def _seconds(begun: datetime, ended: datetime) -> float:
    # Whole seconds are cut off: what ends in the second in which it began took nothing that could be seen.
    return max(0.0, round((ended - begun).total_seconds(), 1))
