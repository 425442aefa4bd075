"""What is known of a hypervisor beside its measurements."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.criteria import FILE, read_criteria

FOLDERS = sorted(path.parent for path in (Path(__file__).resolve().parents[3] / "hypervisors").glob(f"*/{FILE}"))
GOOD = """\
[sources.manual]
title = "The manual"
[criteria.kind]
text = "A module"
sources = ["manual"]
"""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda it: it.name)
def test_every_statement_has_its_sources(folder: Path) -> None:
    found = read_criteria(folder)
    assert found
    assert all(cell.sources for cell in found.values())


def test_sources_are_given_in_full(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(GOOD)
    assert read_criteria(tmp_path)["kind"].sources[0].title == "The manual"


def test_a_hypervisor_need_not_be_assessed(tmp_path: Path) -> None:
    assert read_criteria(tmp_path) == {}


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('sources = ["manual"]', 'sources = ["book"]', "cited and listed sources differ: book, manual"),
        ('text = "A module"', "", "criteria.kind.text"),
        ("[sources", "[sources.", r"criteria\.toml"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, was: str, becomes: str, says: str) -> None:
    (tmp_path / FILE).write_text(GOOD.replace(was, becomes))
    with pytest.raises(HvlabError, match=says):
        read_criteria(tmp_path)
