"""Whatever is changed in a study: `study.check` says so or nothing is wrong, and says no less than the report."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from dataset import load
from dataset.settling import read_curves
from report.data.readings import Readings
from report.recommendation.results import results
from report.tables.calibration import read_calibration
from study.verify import check
from tests.support.corruptions import VALUES, mutate
from tests.support.examples import WHOLE

INDEX = "runs/kvm-01/captures/vm-1/index.json"


def mutate_json(data: st.DataObject, file: Path) -> None:
    file.write_text(json.dumps(mutate(data, json.loads(file.read_text()))))


def mutate_journal(data: st.DataObject, file: Path) -> None:
    lines = file.read_text().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = json.dumps(mutate(data, json.loads(lines[at])))
    file.write_text("\n".join(lines) + "\n")


def mutate_rows(data: st.DataObject, file: Path) -> None:
    rows = list(csv.reader(io.StringIO(file.read_text(), newline="")))
    at = data.draw(st.integers(0, len(rows) - 1))
    match data.draw(st.sampled_from(["cell", "remove", "repeat", "cut"])):
        case "remove":
            del rows[at]
        case "repeat":
            rows.append(rows[at])
        case "cut":
            rows[at].pop()
        case _:
            texts = VALUES.map(str) | st.sampled_from(["1e5", "-1", "0", "2", "vm-2", "MiB", "percent", "kvm-01"])
            rows[at][data.draw(st.integers(0, len(rows[at]) - 1))] = data.draw(texts)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    file.write_bytes(text.getvalue().encode(errors="surrogatepass"))


MUTATIONS: dict[str, Callable[[st.DataObject, Path], None]] = {
    "study.json": mutate_json,
    "measurements.csv": mutate_rows,
    INDEX: mutate_json,
    "journal.jsonl": mutate_journal,
}


def refusal(folder: Path) -> str:
    """Return why the report refuses a study; empty if it does not."""
    try:
        dataset = load(folder)
        results(dataset, Readings(dataset.measurements, dataset.study))
        read_curves(folder, dataset.study)
        read_calibration(folder)
    except HvlabError as error:
        return error.message
    return ""


def problems_of(folder: Path) -> list[str]:
    try:
        return check(folder)
    except HvlabError as error:
        return [error.message]


@pytest.fixture(scope="module")
def study(made: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(made[0], tmp_path_factory.mktemp("mutated") / "study"))


@pytest.mark.parametrize("name", MUTATIONS)
@settings(max_examples=200 if WHOLE else 25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_mutated_study_is_refused_by_both_or_by_none(study: Path, name: str, data: st.DataObject) -> None:
    file = study / name
    before = file.read_bytes()
    try:
        MUTATIONS[name](data, file)
        problems, why = problems_of(study), refusal(study)
    finally:
        file.write_bytes(before)
    assert all(len(problem.splitlines()) == 1 for problem in problems)
    assert problems or not why, why


def test_rows_of_a_run_that_is_not_finished_are_nobodys(study: Path) -> None:
    file = study / "study.json"
    before = file.read_bytes()
    info = json.loads(before)
    info["runs"][1]["status"] = "failed"
    try:
        file.write_text(json.dumps(info))
        rows, problems = load(study).measurements, problems_of(study)
    finally:
        file.write_bytes(before)
    failed = info["runs"][1]["repeat"]
    assert set(rows["repeat"]) == {1, 2} - {failed}
    assert any("not finished" in problem for problem in problems)
