"""Templates are compiled once, and what is kept of them never changes a paper."""

from pathlib import Path

import jinja2
import pytest

from report.render.compiled import CompiledTemplates
from report.render.paper import templates
from tests.support.made_up import DESCRIBED


def environment(folder: Path, settings: str = "") -> jinja2.Environment:
    made_by = folder / "settings.py"
    made_by.write_text(settings)
    loader = jinja2.FileSystemLoader(folder)
    return jinja2.Environment(loader=loader, autoescape=True, bytecode_cache=CompiledTemplates(folder, made_by))


@pytest.fixture(autouse=True)
def _python_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.j2").write_text("one {{ 1 + 1 }}")
    assert rendered(tmp_path) == "one 2"
    return tmp_path


@pytest.fixture
def kept(folder: Path) -> Path:
    (found,) = (folder / "__pycache__").iterdir()
    return found


def rendered(folder: Path, settings: str = "") -> str:
    return environment(folder, settings).get_template("a.j2").render()


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the templates that are compiled from now on."""
    names: list[str] = []
    compile_template = jinja2.Environment._compile

    def noted(self: jinja2.Environment, source: str, filename: str) -> object:
        names.append(Path(filename).name)
        return compile_template(self, source, filename)

    monkeypatch.setattr(jinja2.Environment, "_compile", noted)
    return names


def test_what_is_kept_is_used(folder: Path, compiles: list[str]) -> None:
    assert rendered(folder) == "one 2"
    assert compiles == []


def test_a_changed_template_is_compiled(folder: Path, compiles: list[str]) -> None:
    (folder / "a.j2").write_text("another")
    assert rendered(folder) == "another"
    assert compiles == ["a.j2"]


def test_other_settings_compile(folder: Path, compiles: list[str]) -> None:
    assert rendered(folder, "trim_blocks") == "one 2"
    assert compiles == ["a.j2"]


@pytest.mark.parametrize("size", [0, 20, 40, 100])
def test_a_cut_file_is_made_anew(folder: Path, kept: Path, compiles: list[str], size: int) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(whole[:size])
    assert rendered(folder) == "one 2"
    assert compiles == ["a.j2"]
    assert kept.read_bytes() == whole


def test_a_changed_file_is_made_anew(folder: Path, kept: Path, compiles: list[str]) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert rendered(folder) == "one 2"
    assert compiles == ["a.j2"]


def test_nothing_is_kept_if_python_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    (tmp_path / "a.j2").write_text("one")
    assert rendered(tmp_path) == "one"
    assert not (tmp_path / "__pycache__").exists()


def test_where_nothing_can_be_kept_the_paper_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("one")
    (tmp_path / "__pycache__").write_text("in the way")
    assert rendered(tmp_path) == "one"


def test_no_filter_of_a_study_is_applied_when_a_template_is_compiled() -> None:
    """What is kept serves all studies and languages."""
    one, other = DESCRIBED.hypervisors[0], DESCRIBED.hypervisors[0].model_copy(update={"title": "Another"})
    for described in (one, other):
        source = f"{{{{ '{one.name}' | provider }}}}"
        code = templates([described]).compile(source, raw=True)
        assert described.title not in code.replace(source, "")
        assert templates([described]).from_string(source).render() == described.title
