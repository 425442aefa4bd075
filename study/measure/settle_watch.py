"""Watches the lab host over one session until it has settled."""

import os
import select
import subprocess
import time

from lab.connectors.base import CLEAN_SHELL, Machine
from study.measure.settle import SAMPLER_SH, Settler, SettleRule

# The rule's own limit counts on the lab host's clock; this is for a session that has gone silent.
_SILENCE_S = 60.0
# A session that breaks says nothing about the lab host: it is watched again from the beginning, this often in all.
_SESSIONS = 3


def wait_settled(ssh: Machine, rule: SettleRule) -> Settler:
    """Return once the lab host has settled, or the rule's limit is reached; the curve is in what is returned.

    Raises:
        HvlabError: If the lab host sends what is no sample.
    """
    for _ in range(_SESSIONS):
        settler = Settler(rule)
        if _watch(ssh, settler, rule.give_up_s):
            break
    return settler


def _watch(ssh: Machine, settler: Settler, limit: float) -> bool:
    """Give `settler` what one session prints; return whether the session lasted until the settler was done."""
    session = subprocess.Popen(
        ssh.command(CLEAN_SHELL), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert session.stdin and session.stdout
    try:
        session.stdin.write(SAMPLER_SH.encode())
        session.stdin.close()
        return _feed(settler, session.stdout.fileno(), limit)
    except BrokenPipeError:
        settler.give_up("the lab host closed the session")
        return False
    finally:
        # Its next line finds nobody listening, and the program there ends.
        session.kill()
        session.wait()
        session.stdout.close()


def _feed(settler: Settler, source: int, limit: float) -> bool:
    """Give the sampler's lines to `settler` until it is done; return False if they end or stop coming before."""
    deadline = time.monotonic() + 3 * limit + _SILENCE_S
    rest = b""
    while not settler.done:
        if time.monotonic() > deadline or not select.select([source], [], [], _SILENCE_S)[0]:
            settler.give_up("the lab host sent no more samples")
            return False
        chunk = os.read(source, 65536)
        if not chunk:
            settler.give_up("the session with the lab host broke")
            return False
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            settler.feed(line.decode(errors="replace"))
    return True
