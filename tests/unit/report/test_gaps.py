"""What a study lacks is said in its place: every gap renders, without a warning of any library."""

import html as markup
import json
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from report.render import paper

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "reference" / "paper-2011"
PROVIDERS = ("xen", "kvm", "virtualbox")
METERS = ("free", "xl-info", "mpstat", "xentop", "disk")
MakeStudy = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_warns(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test during which a library warned, by Python's warnings or in its log."""
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        yield
    assert [f"{it.name}: {it.getMessage()}" for it in caplog.records if it.levelno >= logging.WARNING] == []


def text_of(folder: Path) -> str:
    words = markup.unescape(re.sub(r"<[^>]+>", " ", paper.html(folder))).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(words.split()).replace(" .", ".")


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
        (("mpstat", "disk"), "or weighs nothing: CPU, disk."),
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


def bare(make_study: MakeStudy) -> Path:
    environment = {"kind": "nested", "hardware": [], "partitions": [], "versions": {}}
    return make_study(guests=1, repeats=1, info={"finished": None, "environment": environment, "runs": []})


@pytest.mark.parametrize(
    "make",
    [
        lambda make_study: make_study(repeats=1),
        lambda make_study: make_study(providers=("xen",), repeats=1),
        lambda make_study: make_study(stages=("booting",)),
        lambda make_study: make_study(without=("free", "xl-info", "disk")),
        lambda make_study: make_study(without=("mpstat", "xentop")),
        bare,
    ],
    ids=["one boot", "one provider", "one stage", "CPU alone", "no CPU", "bare"],
)
def test_the_pdf_of_a_gap(make_study: MakeStudy, tmp_path: Path, make: Callable[[MakeStudy], Path]) -> None:
    assert paper.render(make(make_study), tmp_path / "report").stat().st_size > 10_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=8)
@given(st.sets(st.sampled_from([(p, m) for p in PROVIDERS for m in METERS])), st.integers(1, 2), st.integers(1, 3))
def test_any_gap(make_study: MakeStudy, gone: set[tuple[str, str]], repeats: int, guests: int) -> None:
    try:
        text = text_of(make_study(keep=lambda row: (row[0], row[4]) not in gone, repeats=repeats, guests=guests))
    except HvlabError as error:
        assert "no reading" in str(error)
    else:
        # "None" is also what a paravirtualized guest needs of the CPU.
        assert not re.search(r"\b(nan|inf|None)\b(?! for paravirtualized)", text)


def test_a_process_that_renders_prints_nothing(make_study: MakeStudy, tmp_path: Path) -> None:
    """What Pango, fontconfig and the interpreter's end have to say goes to the standard error and is no warning."""
    code = (
        "import sys, pathlib; from report.render.paper import render, render_html\n"
        "for study in sys.argv[2:]:\n"
        "    for what in (render, render_html):\n"
        "        what(pathlib.Path(study), pathlib.Path(sys.argv[1]))"
    )
    words = [sys.executable, "-W", "error", "-c", code, str(tmp_path), str(REFERENCE), str(make_study(repeats=3))]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("write", [paper.render, paper.render_html])
def test_a_damaged_study_writes_nothing(make_study: MakeStudy, tmp_path: Path, write: Callable[..., Path]) -> None:
    folder = make_study()
    whole = (folder / "study.json").read_text()
    (folder / "study.json").write_text(whole[: len(whole) // 2])
    with pytest.raises(HvlabError, match=r"study\.json: .*Invalid JSON.* line 1 column"):
        write(folder, tmp_path / "out")
    (folder / "study.json").write_text(json.dumps(json.loads(whole)))
    rows = (folder / "measurements.csv").read_text().splitlines()
    (folder / "measurements.csv").write_text("\n".join([*rows[:6], rows[4], *rows[6:]]))
    with pytest.raises(HvlabError, match=r"measurements\.csv line 7: .* is there twice"):
        write(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
