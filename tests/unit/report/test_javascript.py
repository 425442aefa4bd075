"""The translation of the rules for the page: what has none is an error. What the page decides is a functional test."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from report.render.asked_live import rules
from report.render.javascript import translate
from tests.support.errors import raises_code


def module_of(folder: Path, source: str) -> ModuleType:
    path = folder / "made_up.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("made_up", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "body",
    [
        "while a: pass",
        "return a // 2",
        "return f'{a}'",
        "return [*a][::2]",
        "a -= 1",
        "raise ValueError(a)",
        "return open(a)",
        "return HELPER(a)",
    ],
)
def test_what_has_no_translation_is_an_error(tmp_path: Path, body: str) -> None:
    module = module_of(tmp_path, f"def asked(a):\n    {body}\n")
    with raises_code("no-translation"):
        translate({module: ("asked",)})


def test_functions_are_translated(tmp_path: Path) -> None:
    source = 'def asked(a, b=1):\n    """Say."""\n    return [it for it in a if it not in b] or None\n'
    found = translate({module_of(tmp_path, source): ("asked",)})
    assert "function asked(a, b = 1)" in found
    assert "!py.has(b, it)" in found
    assert "Say." not in found


def test_the_rules_are_those_of_the_paper() -> None:
    # All of the decision's own functions but the one that reads the scenario, which the page does in its own way.
    assert {"decide", "answer", "uses", "fit_on"} <= set(rules().replace("(", " ").split())
