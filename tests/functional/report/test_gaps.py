"""What a study lacks is said in its place: every gap renders, without a warning of any library."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from report.render import paper
from tests.functional.conftest import PRINTED
from tests.support.made_up import bare_runs
from tests.support.pages import text_of
from tests.support.silence import no_warnings


@pytest.fixture(autouse=True)
def nothing_warns(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with no_warnings(caplog):
        yield


ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "reference" / "paper-2011"
PROVIDERS = ("xen", "kvm", "virtualbox")
METERS = ("free", "xl-info", "mpstat", "xentop", "disk")
MakeStudy = Callable[..., Path]


GAPS: list[dict[str, tuple[str, ...]]] = [
    *({"providers": tuple(p for p in PROVIDERS if p != missing)} for missing in PROVIDERS),
    {"stages": ("booting", "vm-1", "vm-2", "vm-3", "vm-4")},
    {"stages": ("manager", "vm-1", "vm-2", "vm-3", "vm-4")},
    {"stages": ("booting", "manager", "vm-1", "vm-3", "vm-4")},
    {"stages": ("booting", "manager")},
    {"without": ("xl-info",)},
    {"without": ("xentop",)},
    {"without": ("mpstat", "disk")},
]


@pytest.mark.parametrize("gap", GAPS, ids=repr)
def test_what_is_left_is_drawn_without_a_warning(make_study: MakeStudy, gap: dict[str, tuple[str, ...]]) -> None:
    """What the paper says of a gap is a unit test, without its figures."""
    assert '<img src="data:image/svg+xml;base64,' in paper.html(make_study(**gap))


def bare(make_study: MakeStudy) -> Path:
    environment = {"kind": "nested", "hardware": [], "partitions": [], "versions": {}}
    return make_study(guests=1, repeats=1, info={"finished": None, "environment": environment, "runs": bare_runs()})


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


def test_a_process_that_renders_prints_nothing(published: Path, made_up: Path) -> None:
    """What Pango, fontconfig and the interpreter's end have to say goes to the standard error and is no warning."""
    for folder in (published.parents[1], made_up):
        assert (folder / PRINTED).read_text() == ""


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
