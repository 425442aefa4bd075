"""A study's numbers and figures as files for other programs: `report.data`."""

import io
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import jinja2
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dataset import Dataset, load
from dataset.settling import read_curves
from report.data.readings import Estimate, Readings
from report.figures.build import Drawn
from report.figures.style import Output, drawn_for
from report.recommendation.recommendation import Advice, advise
from report.recommendation.results import Results, results
from report.recommendation.scenario import DEFAULT_SCENARIO
from report.render.paper import templates, write
from report.replication.section import Replication, replicate
from report.tables.quantities import Quantities
from report.tools.results_table import results_table


def write_data(study_dir: Path, out_dir: Path) -> list[Path]:
    """Write a study's tables as tidy CSV and as Parquet, its figures as SVG and PNG (300 dpi).

    results.csv and results.parquet have all numbers in one table, of the columns of `results_table.SCHEMA`.

    Args:
        study_dir: The study's folder, in the form of docs/reference/dataset.md; only read.
        out_dir: Where the files go; made if need be.

    Returns:
        The files, in the order of their names.

    Raises:
        HvlabError: The dataset is not in the form of docs/reference/dataset.md or has no usable number, or a file
            cannot be written.
    """
    dataset = load(study_dir)
    readings = Readings(dataset.measurements, dataset.study)
    found = results(dataset, readings)
    advice = advise(readings, dataset.study, found, DEFAULT_SCENARIO)
    files: dict[str, bytes] = {}
    for name, table in _tables(dataset, found, advice).items():
        files |= {f"{name}.csv": _csv(table), f"{name}.parquet": _parquet(table)}
    given = dataset.study.parameters.guest_memory_mib
    replication = replicate(
        dataset, Quantities(readings, found.memory_in_use, found.costs, guest_mib=given), found.table3
    )
    everything = results_table(dataset, readings, found, advice, replication)
    files |= {"results.csv": _results_csv(everything), "results.parquet": _results_parquet(everything)}
    files |= _figures(templates(dataset.study.hypervisors), dataset, found, advice, replication)
    for name, content in sorted(files.items()):
        write(out_dir / name, content)
    return [out_dir / name for name in sorted(files)]


def _figures(
    environment: jinja2.Environment, dataset: Dataset, found: Results, advice: Advice, replication: Replication
) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    curves = read_curves(dataset.folder, dataset.study)
    with drawn_for(Output(files=files)):
        Drawn(environment, dataset.study, found, advice, curves, replication).all()
    return files


def _tables(dataset: Dataset, found: Results, advice: Advice) -> dict[str, pd.DataFrame]:
    table3 = found.table3
    printed = {"total": table3.total, "used": table3.used, "free": table3.free, "taken": found.memory_in_use.cells}
    memory = [
        {"provider": p, "stage": s, "number": name, "unit": "MiB", **_summary(each)}
        for name, cells in printed.items()
        for (p, s), each in cells.items()
    ]
    cpu = [
        {"provider": p, "stage": found.cpu.stage, "number": row, "unit": "percent", **_summary(each)}
        for (p, row), each in found.cpu.cells.items()
    ]
    costs = [
        {"provider": p, "number": name, "unit": "MiB", **_summary(each)}
        for p, cost in found.costs.items()
        for name, each in (("per_guest", cost.per_guest), ("fixed", cost.fixed))
        if each is not None
    ]
    break_even: list[dict[str, object]] = [
        {
            "less_per_guest": it.flat,
            "more_per_guest": it.steep,
            "crossing_guests": it.crossing,
            "n": min(found.costs[name].per_guest.n for name in (it.flat, it.steep)),
            "low": it.interval.low if it.interval else None,
            "high": it.interval.high if it.interval else None,
        }
        for it in advice.break_evens
    ]
    capacity = [
        {"provider": p, "guest_mib": guest, "host_gib": host, "n": advice.demands[p].as_read.n, **asdict(fit)}
        for (p, guest, host), fit in advice.capacity.full.items()
    ]
    rows: dict[str, list[dict[str, object]]] = {
        "memory": memory,
        "cpu": cpu,
        "cost_model": costs,
        "break_even": break_even,
        "capacity": capacity,
    }
    # A table of which nothing was read has no file: one without rows would look read.
    tables = {name: pd.DataFrame(each) for name, each in rows.items() if each}
    return {"measurements": dataset.measurements, **tables}


def _summary(value: Estimate) -> dict[str, object]:
    ends: Iterable[float | None] = value.interval or (None, None)
    low, high = ends
    return {"mean": value.mean, "n": value.n, "low": low, "high": high}


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def _parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, engine="pyarrow", index=False)
    return stream.getvalue()


def _results_parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def _results_csv(table: pa.Table) -> bytes:
    """Return the table as CSV; a whole number has no decimals, so that bytes are told to the last one."""
    frame = table.to_pandas()
    for column in frame.select_dtypes("number"):
        frame[column] = [
            "" if pd.isna(value) else str(int(value)) if float(value).is_integer() else repr(float(value))
            for value in frame[column]
        ]
    return _csv(frame)
