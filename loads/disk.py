"""Load `disk`: a process in each guest reads and writes blocks of 4 KiB in a file on its disk, at a fixed rate."""

import json
from collections.abc import Mapping
from typing import Any

from dataset.descriptors import WorkInfo
from loads.base import Load, Program, Size, Sizes, no_command
from loads.parts import numbers_of
from study.meters.base import Meter, Number, unrecognised

_METER = "load-disk"
FILE = Size("disk_mib", 32)
RATE = Size("disk_iops", 50, least=10)
_READ_PERCENT = 70
_PERCENTILES = {"50.000000": "p50", "95.000000": "p95", "99.000000": "p99"}
_NS_PER_S = 1e9
_MIB = 2**20
# What fio returns when it was ended by SIGINT and all else was right.
_INTERRUPTED = 128


def _line(sizes: Sizes) -> str:
    # Past the guest's page cache (direct), so that the virtual disk is what answers.
    read = sizes[RATE.name] * _READ_PERCENT // 100
    rate = f"--rw=randrw --rwmixread={_READ_PERCENT} --bs=4k --rate_iops={read},{sizes[RATE.name] - read}"
    where = f"--filename=data --size={sizes[FILE.name]}M --direct=1 --ioengine=psync --iodepth=1"
    return f"fio --name=hvlab {where} {rate} --time_based --runtime=864000 --output-format=json"


def parse(text: str) -> list[Number]:
    """Read fio's report of each guest: rates, and the percentiles of the completion latency.

    Raises:
        HvlabError: One is missing, not fio's, or of a job that failed.
    """
    return numbers_of(_METER, text, _parse_one)


def _parse_one(text: str) -> list[Number]:
    try:
        (job,) = json.loads(text[text.index("{") :])["jobs"]
        if job["error"]:
            raise unrecognised(_METER, text, f"fio's job failed with error {int(job['error'])}")
        directions = {name: job[name] for name in ("read", "write")}
        iops = sum(float(it["iops"]) for it in directions.values())
        numbers = [Number("iops", iops, "1/s"), Number("seconds", int(job["job_runtime"]) / 1000, "s")]
        return numbers + [number for name, it in directions.items() for number in _direction(name, it)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unrecognised(_METER, text, "no report of one job of fio") from error


def _direction(name: str, found: Mapping[str, Any]) -> list[Number]:
    latency = found["clat_ns"]
    percentiles = [
        Number(f"{name}_{short}", int(latency["percentile"][long]) / _NS_PER_S, "s")
        for long, short in _PERCENTILES.items()
        if "percentile" in latency
    ]
    return [
        Number(f"{name}_ops", int(found["total_ios"]), "count"),
        Number(f"{name}_iops", float(found["iops"]), "1/s"),
        Number(f"{name}_rate", int(found["bw_bytes"]) / _MIB, "MiB/s"),
        *percentiles,
    ]


METER = Meter(
    name=_METER,
    title="Disk load (fio)",
    quantity="other",
    command=no_command,
    parse=parse,
    where="guests",
    work=WorkInfo(title="Disk operations of fio", metric="iops", unit="1/s"),
)
PROGRAM = Program(_METER, _line, statuses=frozenset({0, _INTERRUPTED}))
LOAD = Load("disk", "disk", (PROGRAM,), (FILE, RATE))
