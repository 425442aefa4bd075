import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from dataset import load
from dataset.measurements import COLUMNS
from dataset.store import find_study
from tests.support.examples import examples
from tests.unit.dataset.studies import study_json, write_study

MakeStudy = Callable[..., Path]

HEADER = ",".join(COLUMNS)
GOOD = "kvm,1,vm-1,1,free,total,3937,MiB,runs/kvm-01/captures/vm-1/free.txt"


def with_csv(folder: Path, *lines: str) -> Path:
    (folder / "measurements.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_reads_study_and_numbers(make_study: MakeStudy) -> None:
    dataset = load(make_study())
    assert dataset.study.id == "made-up"
    assert tuple(dataset.measurements.columns) == COLUMNS
    assert dataset.measurements["value"].dtype == float
    assert dataset.measurements["repeat"].max() == 2


@pytest.mark.parametrize("name", ["study.json", "measurements.csv"])
def test_missing_file_is_named(make_study: MakeStudy, name: str) -> None:
    folder = make_study()
    (folder / name).unlink()
    with pytest.raises(HvlabError, match=name) as caught:
        load(folder)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (GOOD.replace("kvm,", "vmware,", 1), ":3: provider is 'vmware', not one of xen, kvm, virtualbox"),
        (GOOD.replace("3937", "lots"), ":3: value is 'lots'"),
        (GOOD.replace("3937", ""), ":3: value is ''"),
        (GOOD.replace("3937", "nan"), ":3: value is 'nan'"),
        (GOOD.replace("3937", "1e999"), ":3: value is '1e999'"),
        (GOOD.replace("vm-1,1,", "vm-x,1,"), ":3: stage is 'vm-x'"),
        (GOOD.replace("vm-1,1,", "vm-1,2,"), ":3: 2 guests at stage vm-1"),
        (GOOD.replace("kvm,1,", "kvm,0,"), ":3: repeat is '0'"),
        (GOOD.replace("MiB", "MB"), ":3: unit is 'MB'"),
        (GOOD.replace("total", "free").rpartition(",")[0] + ",", ":3: capture is ''"),
        ("kvm,1,vm-1,1,free", ":3: "),
        (GOOD, ":3: kvm 1 vm-1 free total is there twice"),
    ],
)
def test_bad_row_is_one_line_that_names_it(make_study: MakeStudy, line: str, said: str) -> None:
    with pytest.raises(HvlabError) as caught:
        load(with_csv(make_study(), HEADER, GOOD, line))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "missing column"),
        (HEADER.replace(",unit", ""), "missing column unit"),
        (HEADER + ",note", "unknown column 'note'"),
        (f'{HEADER}\n"kvm', ":2: unexpected end"),
    ],
)
def test_bad_file(make_study: MakeStudy, content: str, said: str) -> None:
    folder = make_study()
    (folder / "measurements.csv").write_text(content, encoding="utf-8")
    with pytest.raises(HvlabError, match=said):
        load(folder)


@settings(examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='kvmxen,-10.\n"\r\u0663é ', max_size=200).map(lambda text: f"{HEADER}\n{text}".encode()),
    )
)
def test_no_file_content_is_a_traceback(make_study: MakeStudy, content: bytes) -> None:
    folder = make_study(guests=1, repeats=1)
    (folder / "measurements.csv").write_bytes(content)
    try:
        load(folder)
    except HvlabError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 3}, "schema"),
        ({"created": "yesterday"}, "created"),
        ({"parameters": {"guests": 0}}, "parameters.guests"),
        ({"parameters": {"guests": 1, "providers": ["vmware"]}}, "unknown hypervisor 'vmware'"),
        ({"parameters": {"guests": 1, "stages": ["vm-0"]}}, "unknown stage 'vm-0'"),
    ],
)
def test_bad_study_says_where(make_study: MakeStudy, change: dict[str, object], said: str) -> None:
    with pytest.raises(HvlabError, match=said):
        load(make_study(info=change))


def test_study_that_is_no_json(make_study: MakeStudy) -> None:
    folder = make_study()
    (folder / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(HvlabError, match="invalid JSON"):
        load(folder)


def study_at(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(json.dumps({}), encoding="utf-8")
    return folder


def test_finds_by_name_and_latest(tmp_path: Path) -> None:
    first, published = study_at(tmp_path / "studies" / "one"), study_at(tmp_path / "reference" / "paper-2011")
    (tmp_path / "studies" / "latest").symlink_to("one")
    assert find_study(tmp_path, "one") == first
    assert find_study(tmp_path, "paper-2011") == published
    assert find_study(tmp_path, "latest") == first.resolve()


@pytest.mark.parametrize("name", ["two", "../reference/paper-2011", ".", "/"])
def test_unknown_study_lists_what_there_is(tmp_path: Path, name: str) -> None:
    study_at(tmp_path / "studies" / "one")
    study_at(tmp_path / "reference" / "paper-2011")
    (tmp_path / "studies" / "latest").symlink_to("one")
    with pytest.raises(HvlabError) as caught:
        find_study(tmp_path, name)
    assert caught.value.hint == "there is: one, paper-2011"


def test_no_study_at_all_and_dangling_latest(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "latest").symlink_to("gone")
    with pytest.raises(HvlabError, match=r"study\.all"):
        find_study(tmp_path, "latest")


@pytest.mark.parametrize("status", ["planned", "running", "failed", "interrupted"])
def test_rows_of_runs_that_are_not_finished_are_left_out(tmp_path: Path, status: str) -> None:
    runs = [
        {"name": "bhyve-01", "provider": "bhyve", "repeat": 1, "status": status},
        {"name": "bhyve-02", "provider": "bhyve", "repeat": 2, "status": "finished"},
    ]
    lines = [f"bhyve,{repeat},vm-1,1,m,x,{repeat},s" for repeat in (1, 2, 3)]
    table = load(write_study(tmp_path, study_json(runs=runs), lines)).measurements
    assert table["repeat"].tolist() == [2]
    # Row i is line i + 2 of the file still.
    assert table.index.tolist() == [1]
    assert table.dtypes["value"] == "float64"
    none = load(write_study(tmp_path, study_json(runs=[]), lines)).measurements
    assert (len(none), list(none.columns)) == (0, list(table.columns))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '"0001-01-01T00:00:00+14:00"'])
def test_numbers_and_times_that_are_none(tmp_path: Path, value: str) -> None:
    folder = write_study(tmp_path, study_json())
    text = (folder / "study.json").read_text()
    (folder / "study.json").write_text(text.replace('"2026-11-22T21:00:00Z"', value))
    with pytest.raises(HvlabError, match=r"study\.json"):
        load(folder)
