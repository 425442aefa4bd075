"""Watches the lab host over one session until it has settled."""

import os
import select
import subprocess
import time

from core.errors import HvlabError
from lab.connectors.base import Machine
from study.measure.settle import SAMPLER_SH, Settler, SettleRule

# The rule's own limit counts on the lab host's clock; this is for a session that has gone silent.
_SILENCE_S = 60.0


def wait_settled(ssh: Machine, rule: SettleRule) -> Settler:
    """Return once the lab host has settled, or the rule's limit is reached; the curve is in what is returned.

    Raises:
        HvlabError: If the lab host sends what is no sample.
    """
    settler = Settler(rule)
    session = subprocess.Popen(
        ssh.command("sh -s"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert session.stdin and session.stdout
    try:
        session.stdin.write(SAMPLER_SH.encode())
        session.stdin.close()
        _feed(settler, session.stdout.fileno(), rule.give_up_s)
    except BrokenPipeError as error:
        raise HvlabError(f"{ssh.name} closed the session while it was watched") from error
    finally:
        # Its next line finds nobody listening, and the program there ends.
        session.kill()
        session.wait()
        session.stdout.close()
    return settler


def _feed(settler: Settler, source: int, limit: float) -> None:
    """Give the sampler's lines to `settler` until it is done, they end, or they stop coming."""
    deadline = time.monotonic() + 3 * limit + _SILENCE_S
    rest = b""
    while not settler.done:
        if time.monotonic() > deadline or not select.select([source], [], [], _SILENCE_S)[0]:
            settler.give_up("the lab host sent no more samples")
            return
        chunk = os.read(source, 65536)
        if not chunk:
            settler.give_up("the session with the lab host broke")
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            settler.feed(line.decode(errors="replace"))
