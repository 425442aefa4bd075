"""report.html and report.data."""

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.paths import PROJECT
from dataset import load
from report.render import paper
from report.tools.export import write_data
from report.tools.results_table import SCHEMA

REFERENCE = PROJECT / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]


class Seen(HTMLParser):
    """Ids, references to them, and what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inner: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "xlink:href", "src"):
                place = value or ""
                if place.startswith("#"):
                    self.inner.add(place[1:])
                elif not place.startswith("data:") and tag != "a":  # a link fetches nothing by itself
                    self.fetched.append(f"{tag} {place}")


def test_one_page_that_holds_all_it_shows(tmp_path: Path) -> None:
    path = paper.render_html(REFERENCE, tmp_path)
    page = path.read_text(encoding="utf-8")
    assert path.name == "paper.en.html"
    seen = Seen()
    seen.feed(page)
    assert seen.fetched == []
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.inner <= set(seen.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(seen.ids)
    assert "@import" not in page


def test_charts_tell_their_values_on_hover(make_study: MakeStudy, tmp_path: Path) -> None:
    page = paper.render_html(REFERENCE, tmp_path).read_text(encoding="utf-8")
    told = re.findall(r'<g class="point"[^>]*><title>(.*?)</title>', page)
    assert "KVM, VM-4: 2453.0 MiB" in told
    assert "KVM, VM-4: 2454.0 MiB" in told
    assert any(it.endswith("14.70 GiB") for it in told)
    assert "KVM, 16 GiB: 22 guests" in told
    # The page for the PDF has none of it, also after one for a browser was made.
    assert "tip:" not in paper.html(REFERENCE)
    assert "<svg" not in paper.html(make_study())


def test_tables_and_figures_as_files(make_study: MakeStudy, tmp_path: Path) -> None:
    folder = make_study()
    names = [path.name for path in write_data(folder, tmp_path / "data")]
    assert {"measurements.csv", "memory.csv", "cpu.csv", "cost_model.csv", "capacity.csv", "figure-6.svg"} <= set(names)
    assert len([name for name in names if name.endswith(".png")]) == len([n for n in names if n.endswith(".svg")])
    assert (tmp_path / "data" / "figure-6.png").read_bytes().startswith(b"\x89PNG")
    costs = pd.read_csv(tmp_path / "data" / "cost_model.csv").set_index(["provider", "number"])
    assert costs.loc[("kvm", "per_guest"), "mean"] == pytest.approx(560)
    assert costs.loc[("kvm", "per_guest"), "n"] == 2
    parquet = pd.read_parquet(tmp_path / "data" / "cost_model.parquet").set_index(["provider", "number"])
    pd.testing.assert_frame_equal(parquet, costs)
    again = pd.read_csv(tmp_path / "data" / "measurements.csv")
    assert len(again) == len(load(folder).measurements)


def test_results_of_any_two_studies_are_one_table(make_study: MakeStudy, tmp_path: Path) -> None:
    # One of them lacks whole columns: their nulls have types none the less.
    lacking = make_study(providers=("kvm",), without=("mpstat", "disk"), repeats=1)
    write_data(REFERENCE, tmp_path / "one")
    write_data(lacking, tmp_path / "other")
    tables = [pq.read_table(tmp_path / name / "results.parquet") for name in ("one", "other")]
    assert [table.schema for table in tables] == [SCHEMA, SCHEMA]
    rows = pa.concat_tables(tables).to_pandas()
    assert set(rows["table"]) == {"3", "3a", "3b", "3c", "4", "9a", "A4", "G1", "G2", "R1", "meters"}
    assert rows.loc[rows["value"].notna(), "n"].min() == 1
    assert not rows.duplicated([name for name in SCHEMA.names if name not in ("value", "low", "high", "n")]).any()
    text = (tmp_path / "one" / "results.csv").read_text(encoding="utf-8")
    assert "paper-2011,3,kvm,,vm-4,4,,,used,2453,MiB,1,,," in text
    # Bytes are whole numbers.
    sizes = [line.split(",")[9] for line in text.splitlines() if ",B," in line]
    assert sizes
    assert all(size.isdigit() for size in sizes)


def test_the_same_files_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from report.tools.export import write_data; write_data(*map(pathlib.Path, sys.argv[1:]))"
    )
    here = write_data(REFERENCE, tmp_path / "here")
    subprocess.run([sys.executable, "-c", code, str(REFERENCE), str(tmp_path / "there")], check=True, cwd=PROJECT)
    for path in here:
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes()
