"""Load `network`: a process in each guest sends to the lab host at a fixed rate; iperf3 receives there."""

import json

from dataset.descriptors import WorkInfo
from loads.base import Load, Program, Size, Sizes, no_command
from loads.parts import numbers_of
from study.meters.base import Meter, Number, unrecognised

_METER = "load-network"
RATE = Size("network_mbit", 10, most=100_000)
_FIRST_PORT = 5200
_BITS_PER_MIB = 8 * 2**20
# iperf3's exit status, and what it says, when SIGINT ends a test.
_INTERRUPTED = 1
_INTERRUPT = "interrupt - the client has terminated"


def _line(sizes: Sizes) -> str:
    port = f"$(({_FIRST_PORT} + number))"
    return f'iperf3 -c "$host" -p {port} -t 0 -i 60 -b {sizes[RATE.name]}M --json'


def _serve(sizes: Sizes) -> str:
    del sizes
    # One test, then it ends.
    return f'iperf3 -s -1 -B "$address" -p $(({_FIRST_PORT} + number))'


def parse(text: str) -> list[Number]:
    """Read iperf3's report of each guest: the rate, retransmissions, and the mean round-trip time.

    Raises:
        HvlabError: One is missing, not iperf3's, or of a test that failed.
    """
    return numbers_of(_METER, text, _parse_one)


def _parse_one(text: str) -> list[Number]:
    try:
        report = json.loads(text)
        if (why := report.get("error", _INTERRUPT)) != _INTERRUPT:
            raise unrecognised(_METER, text, f"iperf3 failed: {str(why)[:80]!r}")
        (stream,), sent = report["end"]["streams"], report["end"]["sum_sent"]
        return [
            Number("rate", float(sent["bits_per_second"]) / _BITS_PER_MIB, "MiB/s"),
            Number("seconds", float(sent["seconds"]), "s"),
            Number("retransmits", int(sent["retransmits"]), "count"),
            Number("rtt", int(stream["sender"]["mean_rtt"]) / 1e6, "s"),
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unrecognised(_METER, text, "no report of one stream of iperf3") from error


METER = Meter(
    name=_METER,
    title="Network load (iperf3)",
    quantity="other",
    command=no_command,
    parse=parse,
    where="guests",
    work=WorkInfo(title="Data sent by iperf3", metric="rate", unit="MiB/s"),
)
PROGRAM = Program(_METER, _line, statuses=frozenset({0, _INTERRUPTED}), serve=_serve)
LOAD = Load("network", "network", (PROGRAM,), (RATE,))
