"""All results of a study as one tidy table: one row per number, the same columns and types for every study."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import pyarrow as pa

from dataset import Dataset
from dataset.stages import guests_at
from report.data.readings import Estimate, Readings
from report.inference.verdicts import Verdict
from report.recommendation.decision import Decision, Option
from report.recommendation.demand import Fit
from report.recommendation.recommendation import Advice
from report.recommendation.results import Results
from report.replication.claims import Joint
from report.replication.comparison import Amount
from report.replication.section import Replication
from report.replication.verdicts import Finding

SCHEMA = pa.schema(
    [
        pa.field("study", pa.string(), nullable=False),
        pa.field("table", pa.string(), nullable=False),
        pa.field("provider", pa.string()),
        pa.field("versus", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("guests", pa.int64()),
        pa.field("guest_mib", pa.float64()),
        pa.field("host_mib", pa.float64()),
        pa.field("number", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("n", pa.int64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("verdict", pa.string()),
    ]
)
"""The columns of results.parquet and results.csv, described in docs/reference/report.md."""


@dataclass(frozen=True)
class Row:
    """One number; None in a column that it has nothing for."""

    table: str
    number: str
    unit: str
    value: float | None
    n: int | None
    provider: str | None = None
    versus: str | None = None
    stage: str | None = None
    guests: int | None = None
    guest_mib: float | None = None
    host_mib: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str | None = None


def results_table(
    dataset: Dataset, readings: Readings, found: Results, advice: Advice, replication: Replication
) -> pa.Table:
    """Return the results of a study.

    Args:
        dataset: The study.
        readings: Its numbers.
        found: What was worked out from them.
        advice: The guidance.
        replication: The study beside the published one.

    Returns:
        A table of the columns and types of `SCHEMA`, whatever was read, so that studies can be concatenated. Bytes are
        whole numbers.
    """
    rows = [
        *_memory_and_cpu(found),
        *_costs(found, advice),
        *_disk(found),
        *_meters(dataset, readings),
        *_capacity(advice),
        *_decisions(advice),
        *_replication(replication),
    ]
    return pa.Table.from_pylist([{"study": dataset.study.id, **asdict(_whole(row))} for row in rows], schema=SCHEMA)


def _whole(row: Row) -> Row:
    if row.unit != "B":
        return row
    value, low, high = (None if each is None else float(round(each)) for each in (row.value, row.low, row.high))
    return replace(row, value=value, low=low, high=high)


def _row(  # noqa: PLR0917  (what each number has, in the order of the columns)
    table: str, number: str, unit: str, value: Estimate | Amount, provider: str | None = None, stage: str | None = None
) -> Row:
    low, high = value.interval or (None, None)
    guests = None if stage is None else guests_at(stage)
    return Row(table, number, unit, value.mean, value.n, provider, stage=stage, guests=guests, low=low, high=high)


def _memory_and_cpu(found: Results) -> Iterator[Row]:
    table3 = found.table3
    for name, cells in (("total", table3.total), ("used", table3.used), ("free", table3.free)):
        for (provider, stage), value in cells.items():
            yield _row("3", name, "MiB", value, provider, stage)
    for (provider, stage), value in found.memory_in_use.cells.items():
        yield _row("3a", "taken", "MiB", value, provider, stage)
    stage = found.cpu.stage
    for (provider, name), value in found.cpu.cells.items():
        yield _row("4", name, "percent", value, provider, stage)


def _costs(found: Results, advice: Advice) -> Iterator[Row]:
    for provider, cost in found.costs.items():
        yield _row("3b", "per_guest", "MiB", cost.per_guest, provider)
        if cost.fixed is not None:
            yield _row("3b", "fixed", "MiB", cost.fixed, provider)
    for it in advice.break_evens:
        low, high = it.interval or (None, None)
        n = min(found.costs[name].per_guest.n for name in (it.flat, it.steep))
        yield Row("3c", "crossing", "guests", it.crossing, n, it.flat, it.steep, low=low, high=high)


def _disk(found: Results) -> Iterator[Row]:
    for folder in found.disk.folders:
        parts = [("", folder.apparent, folder.allocated)]
        parts += [(f":{file.name}", file.apparent, file.allocated) for file in folder.files]
        for place, apparent, allocated in parts:
            for name, value in (("apparent", apparent), ("allocated", allocated)):
                if value is not None:
                    yield _row("9a", name + place, "B", value, folder.provider, folder.stage)


def _meters(dataset: Dataset, readings: Readings) -> Iterator[Row]:
    """Every number of every meter, its mean over boots."""
    named = dataset.measurements.drop_duplicates(["provider", "stage", "meter", "metric"])
    for it in named.to_dict("records"):
        provider, stage, meter, metric, unit = (
            str(it[key]) for key in ("provider", "stage", "meter", "metric", "unit")
        )
        value = readings.estimate(provider, stage, meter, metric, unit)
        if value is not None:
            yield _row("meters", f"{meter} {metric}", unit, value, provider, stage)


def _capacity(advice: Advice) -> Iterator[Row]:
    for (provider, guest, host), fit in advice.capacity.full.items():
        n = advice.demands[provider].as_read.n
        row = Row("G1", "guests", "guests", fit.guests, n, provider, guest_mib=guest, host_mib=host * 1024.0)
        yield _fit(row, fit)
    for (provider, host), fit in advice.capacity.idle.items():
        n = advice.demands[provider].as_read.n
        yield _fit(Row("G1", "guests, as read", "guests", fit.guests, n, provider, host_mib=host * 1024.0), fit)


def _fit(row: Row, fit: Fit) -> Row:
    return replace(row, low=fit.low, high=fit.high, verdict=f"limited by {fit.limit}")


def _decisions(advice: Advice) -> Iterator[Row]:
    for decision in advice.decisions if advice.asked else ():
        assert advice.asked is not None
        for it in decision.options:
            row = Row(
                "G2", "", "percent", None, advice.demands[it.provider].as_read.n, it.provider,
                guests=advice.asked.guests, guest_mib=advice.asked.guest_mib, host_mib=advice.asked.host_mib,
                verdict=_standing(decision, it),
            )  # fmt: skip
            for name, share in (*it.shares.items(), ("score", it.score), ("behind", it.behind)):
                low, high = (it.interval or (None, None)) if name == "behind" else (None, None)
                value, low, high = (None if each is None else 100 * each for each in (share, low, high))
                yield replace(row, number=f"{name}, {decision.use}", value=value, low=low, high=high)


def _standing(decision: Decision, option: Option) -> str:
    """Say how a hypervisor stands in a decision: it is chosen, and why; what its host lacks; whether it is behind."""
    if option.provider == decision.winner:
        return f"chosen: {decision.why}"
    if option.lacks:
        return f"does not fit: {', '.join(option.lacks)}"
    if option.decided is None:
        return f"first, not chosen: {decision.why}"
    return {Verdict.YES: "behind", Verdict.NO: "level", Verdict.CANNOT_TELL: "cannot tell"}[option.decided.verdict]


def _replication(found: Replication) -> Iterator[Row]:
    for it in found.claims:
        yield from _claim(it)
    for number in found.numbers:
        name = f"{number.meter} {number.metric}"
        row = Row(
            "A4", f"{name}, published", number.unit, number.published, 1, number.provider,
            stage=number.stage, guests=guests_at(number.stage), verdict=number.verdict,
        )  # fmt: skip
        yield row
        if number.ours is not None:
            low, high = number.ours.interval or (None, None)
            yield replace(row, number=name, value=number.ours.mean, n=number.ours.n, low=low, high=high)


def _claim(it: Finding) -> Iterator[Row]:
    """Yield the numbers that a claim is judged by: of one about who is best each value, else the differences."""
    if it.parts or not (it.marks or it.values):
        unit = "" if isinstance(it.claim, Joint) else it.claim.unit
        yield Row("R1", it.claim.id, unit, None, None, verdict=it.verdict)
        return
    assert not isinstance(it.claim, Joint)
    for provider, value in it.values:
        yield replace(_row("R1", it.claim.id, it.claim.unit, value, provider), verdict=it.verdict)
    for mark in () if it.values else it.marks:
        row = _row("R1", it.claim.id, it.claim.unit, mark.amount, mark.provider or None, mark.stage or None)
        yield replace(row, versus=mark.versus or None, verdict=it.verdict)
