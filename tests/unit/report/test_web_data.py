"""report.html and report.data."""

from collections.abc import Callable
from pathlib import Path

from core.paths import PROJECT
from report.render import paper
from report.render.filters import fixed, units_beside_numbers
from report.tools.export import write_data
from tests.support.errors import raises_code

REFERENCE = PROJECT / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]


def test_other_language_is_refused_here_too(tmp_path: Path) -> None:
    with raises_code("unknown-language", "'xx'"):
        paper.render_html(REFERENCE, tmp_path, "xx")


def test_what_was_not_read_has_no_file(make_study: MakeStudy, tmp_path: Path) -> None:
    names = {path.name for path in write_data(make_study(without=("mpstat", "disk")), tmp_path)}
    assert not names & {"cpu.csv", "figure-8.svg", "figure-9b.svg"}


def test_numbers_keep_their_units_and_true_minus_signs() -> None:
    page = '<p title="20 MiB">20 % of 3 GiB</p><pre>4 MiB</pre>'
    assert (
        units_beside_numbers(page)
        == '<p title="20 MiB">20\N{NO-BREAK SPACE}% of 3\N{NO-BREAK SPACE}GiB</p><pre>4 MiB</pre>'
    )
    assert fixed(-20.59, 1) == "\N{MINUS SIGN}20.6"
    assert fixed(-0.01, 1) == "0.0"
