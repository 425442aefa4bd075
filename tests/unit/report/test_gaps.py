"""What a study lacks is said in its place: every gap renders, without a warning of any library."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from report.render import paper
from tests.support.errors import raises_code
from tests.support.pages import text_of
from tests.support.silence import no_warnings


@pytest.fixture(autouse=True)
def nothing_warns(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with no_warnings(caplog):
        yield


PROVIDERS = ("xen", "kvm", "virtualbox")
MakeStudy = Callable[..., Path]


@pytest.mark.parametrize("missing", PROVIDERS)
def test_a_provider_that_is_missing(make_study: MakeStudy, missing: str) -> None:
    names = {"xen": "Xen", "kvm": "KVM", "virtualbox": "VirtualBox"}
    text = text_of(make_study(keep=lambda row: row[0] != missing))
    # Behind Tables 3, 3a and 4, and in each of the four rankings of the guidance.
    assert text.count(f"Not read in this study: {names[missing]}.") >= 7


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (("booting", "vm-1", "vm-2", "vm-3", "vm-4"), "Not read in this study: Manager."),
        (("manager", "vm-1", "vm-2", "vm-3", "vm-4"), "Not read in this study: Booting."),
        (("booting", "manager", "vm-1", "vm-3", "vm-4"), "Not read in this study: VM-2."),
        (("booting", "manager", "vm-1", "vm-2"), "Not read in this study: VM-3, VM-4."),
        (("booting", "manager"), "without which no cost per guest can be told"),
    ],
)
def test_stages_that_are_missing(make_study: MakeStudy, stages: tuple[str, ...], said: str) -> None:
    assert said in text_of(make_study(stages=stages))


def test_a_stage_that_one_provider_lacks(make_study: MakeStudy) -> None:
    folder = make_study(keep=lambda row: (row[0], row[2]) != ("kvm", "vm-3"))
    assert "Not read in this study: KVM: VM-3." in text_of(folder)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("free", "xl-info"), "Table 3 and Figure 6: memory was not read in this study."),
        (("xl-info",), "since that of the hypervisor was not read"),
        (("mpstat",), "Table 4 and Figure 8: CPU use at VM-4 was not read in this study."),
        (("xentop",), "What the guests used was not read in this study"),
        (("disk",), "Figure 9: disk use was not read in this study."),
        (("mpstat", "disk"), "Not counted: CPU (not read of every hypervisor), disk (not read of every hypervisor)."),
    ],
)
def test_meters_that_are_missing(make_study: MakeStudy, missing: tuple[str, ...], said: str) -> None:
    assert said in text_of(make_study(without=missing))


@pytest.mark.parametrize(
    "said",
    [
        "Figure 2, Xen's memory test: no capture of it is in this dataset.",
        "Figure 3, KVM's memory test: no capture of it is in this dataset.",
        "Figure 4, the manager's window under Xen and KVM: this dataset has no picture of the window.",
        "Figure 5, the manager's window under VirtualBox: this dataset has no picture of the window.",
        "Figure S1 and Table S1: this dataset has no settling curves.",
        "The meters were not calibrated on this study's lab host",
    ],
)
def test_numbers_alone(make_study: MakeStudy, said: str) -> None:
    """The made-up study has no captures, no screens, no journal and no calibration."""
    assert said in text_of(make_study())


@pytest.mark.parametrize("write", [paper.render, paper.render_html])
def test_a_damaged_study_writes_nothing(make_study: MakeStudy, tmp_path: Path, write: Callable[..., Path]) -> None:
    folder = make_study()
    whole = (folder / "study.json").read_text()
    (folder / "study.json").write_text(whole[: len(whole) // 2])
    with raises_code("invalid-dataset", "study.json", "line 1 column"):
        write(folder, tmp_path / "out")
    (folder / "study.json").write_text(json.dumps(json.loads(whole)))
    rows = (folder / "measurements.csv").read_text().splitlines()
    (folder / "measurements.csv").write_text("\n".join([*rows[:6], rows[4], *rows[6:]]))
    with raises_code("invalid-dataset", "measurements.csv:7"):
        write(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "vcpus", "told"),
    [("nested", 1, True), ("nested", 2, False), ("nested", None, False), ("ssh", 1, False)],
)
def test_a_lab_host_with_one_processor(make_study: MakeStudy, kind: str, vcpus: int | None, told: bool) -> None:
    folder = make_study(guests=1, repeats=1)
    info = json.loads((folder / "study.json").read_text())
    info["environment"]["kind"] = kind
    info["parameters"]["lab_host"] = {} if vcpus is None else {"vcpus": vcpus}
    (folder / "study.json").write_text(json.dumps(info))
    assert ("The lab host has one virtual CPU" in text_of(folder)) is told


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], ""),
        (["read"], "No run, start of a guest, reading or connection had to be repeated."),
        (
            ["run is begun again", "brought up again", "read again", "connection retried", "connection retried"],
            "runs 1, starts of guests 2, readings 1, connections 2.",
        ),
    ],
)
def test_second_attempts_are_counted(make_study: MakeStudy, events: list[str], said: str) -> None:
    folder = make_study(guests=1, repeats=1)
    lines = [json.dumps({"time": "2026-11-30T00:00:00Z", "event": event, "attempts": 3}) + "\n" for event in events]
    (folder / "journal.jsonl").write_text("".join(lines))
    text = text_of(folder)
    assert ("Second attempts." in text) is bool(said)
    assert said in text


@pytest.mark.parametrize("others", [None, 9.0, 62.5])
def test_cpu_figures_of_a_busy_machine(make_study: MakeStudy, others: float | None) -> None:
    """The machine that runs the lab host did something else, too."""
    folder = make_study(guests=1, repeats=1)
    info = json.loads((folder / "study.json").read_text())
    info["runs"][0]["timings"] = [{"stage": "booting", "controller_others": others}]
    (folder / "study.json").write_text(json.dumps(info))
    said = "The CPU figures were taken on a busy machine: while 1 of 1 stages were read"
    text = text_of(folder)
    assert (said in text) == (others == 62.5)
    assert ("more than 10 % of the machine that ran the lab host, at most 62 %" in text) == (others == 62.5)
