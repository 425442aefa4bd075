"""What `mpstat -o JSON` prints (sysstat 11.5.1 and later), and the sum that all shares of CPU time make."""

import json
import re
import statistics
from collections.abc import Mapping
from typing import Any

from study.meters.base import unrecognised

_METRICS = {
    "usr": "user",
    "nice": "nice",
    "sys": "sys",
    "iowait": "iowait",
    "irq": "irq",
    "soft": "soft",
    "steal": "steal",
    "guest": "guest",
    "gnice": "gnice",
    "idle": "idle",
}
_HOST = {"nodename", "sysname", "release", "machine", "number-of-cpus", "date", "statistics"}
_SAMPLE = {"timestamp", "cpu-load"}
_SHARE = re.compile(r"[0-9]{1,3}\.[0-9]{2}")
# The kernel's counters are not read in one instant, and some may run backwards by some ticks, which mpstat prints as 0.
# Of 400 ticks (2 s of 2 CPUs) one is a quarter of a point, so a single sample may be further off than the mean of all.
SAMPLE_POINTS = 2.0
MEAN_POINTS = 0.5


def adds_up(shares: Mapping[str, float], tolerance: float) -> bool:
    """Return whether shares of CPU time, in percent, make 100 within `tolerance` points."""
    return abs(sum(shares.values()) - 100) <= tolerance


def samples(text: str) -> list[dict[str, float]]:
    """Read the shares of all CPUs, in percent, sample by sample.

    Raises:
        HvlabError: It is no JSON, has other fields than mpstat's, or the shares do not add up to 100.
    """
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_float=_share, parse_constant=_share)
        (host,) = _only(data, {"sysstat"})["sysstat"]["hosts"]
        found = [_all_cpus(_only(sample, _SAMPLE)["cpu-load"]) for sample in _only(host, _HOST)["statistics"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise unrecognised("mpstat", text, f"not what mpstat -o JSON prints ({_one_line(error)})") from error
    if not found:
        raise unrecognised("mpstat", text, "no sample in it")
    means = {metric: statistics.fmean(sample[metric] for sample in found) for metric in found[0]}
    if not adds_up(means, MEAN_POINTS):
        raise unrecognised("mpstat", text, "the mean shares do not add up to 100")
    return found


def _all_cpus(loads: list[dict[str, Any]]) -> dict[str, float]:
    """Return the shares of CPU `all`.

    Raises:
        ValueError: There is not just one such row, or it is not whole.
    """
    (row,) = [load for load in loads if load["cpu"] == "all"]
    shares = {_METRICS[name]: value for name, value in row.items() if name != "cpu"}
    if list(shares) != list(_METRICS.values()) or not all(isinstance(value, float) for value in shares.values()):
        raise ValueError(f"its columns are {list(row)}")
    if not adds_up(shares, SAMPLE_POINTS):
        raise ValueError("the shares do not add up to 100")
    return shares


def _only(data: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    if set(data) != fields:
        raise ValueError(f"fields {sorted(data)}, not {sorted(fields)}")
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a field occurs twice")
    return data


def _share(text: str) -> float:
    if not _SHARE.fullmatch(text):
        raise ValueError(f"{text} is no share with two decimals")
    return float(text)


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:120]
