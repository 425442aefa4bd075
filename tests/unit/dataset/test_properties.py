"""What was written is read back, for any study; what is unknown is kept."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset import Measurement, load
from dataset.captures import run_name
from dataset.measurements import COLUMNS, UNITS, read_measurements, write_measurements
from dataset.models import load_study, save_study
from dataset.stages import parse_stage, stage_position
from tests.support.errors import raises_code
from tests.support.examples import examples
from tests.unit.dataset.studies import BHYVE, study_json, write_study

FILES = settings(examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=20)
PATHS = st.lists(st.from_regex(r"[A-Za-z0-9 ,'\"_-]{1,9}", fullmatch=True), min_size=1, max_size=4).map("/".join)
STAGES = st.one_of(st.sampled_from(["booting", "manager"]), st.integers(1, 9999).map("vm-{}".format)).map(parse_stage)
NUMBERS = st.one_of(st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def measurements(draw: st.DrawFn) -> Measurement:
    stage = draw(STAGES)
    return Measurement(
        draw(NAMES),
        draw(st.integers(1, 999_999_999)),
        stage.name,
        stage.guests,
        draw(TEXTS),
        draw(TEXTS),
        draw(NUMBERS),
        draw(st.sampled_from(UNITS)),
        draw(PATHS),
    )


ROWS = st.lists(measurements(), max_size=8, unique_by=lambda row: row.key)


@FILES
@given(ROWS)
def test_measurements_are_read_as_they_were_written(tmp_path: Path, rows: list[Measurement]) -> None:
    write_measurements(tmp_path, rows)
    read = read_measurements(tmp_path)
    assert read == rows
    before = (tmp_path / "measurements.csv").read_bytes()
    write_measurements(tmp_path, read)
    assert (tmp_path / "measurements.csv").read_bytes() == before


@FILES
@given(ROWS)
def test_the_table_has_the_same_numbers(tmp_path: Path, rows: list[Measurement]) -> None:
    hypervisors = [{**BHYVE, "name": name} for name in dict.fromkeys(row.provider for row in rows)]
    runs = [
        {"name": run_name(*key), "provider": key[0], "repeat": key[1], "status": "finished"}
        for key in dict.fromkeys((row.provider, row.repeat) for row in rows)
    ]
    write_study(tmp_path, study_json(hypervisors=[*hypervisors], parameters={"guests": 1}, runs=runs))
    write_measurements(tmp_path, rows)
    table = load(tmp_path).measurements
    assert tuple(table.columns) == COLUMNS
    assert table["value"].tolist() == [float(row.value) for row in rows]
    assert table["repeat"].dtype == table["guests"].dtype == "int64"
    texts = ["provider", "stage", "meter", "metric", "unit", "capture"]
    assert table[texts].to_numpy().tolist() == [[getattr(row, name) for name in texts] for row in rows]


@FILES
@given(st.lists(STAGES))
def test_stages_sort_in_the_order_of_a_run(tmp_path: Path, stages: list[Any]) -> None:
    ordered = [stage.name for stage in sorted(stages, key=lambda stage: stage_position(stage.name))]
    first = [ordered.count(name) for name in ("booting", "manager")]
    assert ordered[: sum(first)] == ["booting"] * first[0] + ["manager"] * first[1]
    assert [parse_stage(name).guests for name in ordered] == sorted(stage.guests for stage in stages)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
UNKNOWN = st.dictionaries(st.text(min_size=1, max_size=9).map("later ".__add__), JSON, max_size=3)


@FILES
@given(UNKNOWN, NAMES)
def test_unknown_fields_and_hypervisors_survive(tmp_path: Path, unknown: dict[str, Any], name: str) -> None:
    run = {"name": f"{name}-01", "provider": name, "repeat": 1, "status": "planned", **unknown}
    study = study_json(
        hypervisors=[{**BHYVE, "name": name, **unknown}],
        meters=[{"name": "m", "title": "M", **unknown}],
        factors=[{"name": "f", "title": "F", "value": unknown, **unknown}],
        parameters={"guests": 1, "providers": [name], **unknown},
        environment={"kind": "nested", **unknown},
        runs=[run],
        **unknown,
    )
    write_study(tmp_path, study)
    first = load_study(tmp_path)
    save_study(tmp_path, first)
    assert load_study(tmp_path) == first
    written = json.loads((tmp_path / "study.json").read_text())
    for part in (written, written["hypervisors"][0], written["meters"][0], written["factors"][0],
                 written["parameters"], written["environment"], written["runs"][0]):  # fmt: skip
        assert unknown.items() <= part.items()
    assert written["parameters"] == study["parameters"]
    assert written["factors"][0]["value"] == unknown


def test_a_hypervisor_that_is_not_described_is_an_error(tmp_path: Path) -> None:
    with raises_code("invalid-dataset", "hypervisor kvm"):
        load(write_study(tmp_path, study_json(parameters={"guests": 1, "providers": ["kvm"]})))
    with raises_code("invalid-dataset", ":2: provider", "'kvm'", "bhyve"):
        load(write_study(tmp_path, study_json(), ["kvm,1,vm-1,1,m,x,1,s"]))


def test_a_dataset_names_its_hypervisors_in_the_order_of_print(tmp_path: Path) -> None:
    kvm = {"name": "kvm", "title": "KVM", "image_folder": "/kvm"}
    dataset = load(write_study(tmp_path, study_json(hypervisors=[kvm, BHYVE])))
    assert dataset.titles == {"kvm": "KVM", "bhyve": "bhyve"}
    assert [it.name for it in dataset.hypervisors] == ["kvm", "bhyve"]
    assert dataset.hypervisor("kvm").image_folder == "/kvm"
    with raises_code("unknown-hypervisor", "'xen'"):
        dataset.hypervisor("xen")
