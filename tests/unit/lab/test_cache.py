"""The cache builds a thing once, and never shows half of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from lab.images.cache import cached, fingerprint, manifest
from tests.support.errors import raises_code


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def build(folder: Path) -> dict[str, object]:
    (folder / "thing").write_text("built")
    return {"versions": {"x": "1"}}


def test_builds_once() -> None:
    first = cached("thing", {"a": "1"}, build)

    def never(folder: Path) -> dict[str, object]:
        raise AssertionError("built twice")

    assert cached("thing", {"a": "1"}, never) == first
    assert manifest(first)["versions"] == {"x": "1"}
    assert cached("thing", {"a": "2"}, build) != first


def test_leaves_nothing_half_built(cache_folder: Path) -> None:
    def fails(folder: Path) -> dict[str, object]:
        (folder / "half").write_text("x")
        raise OSError(28, "No space left on device")

    with raises_code("build-failed", "No space left"):
        cached("thing", {}, fails)
    assert [path for path in cache_folder.iterdir() if path.is_dir()] == []


def test_the_logs_of_a_failed_build_stay_until_the_next(cache_folder: Path) -> None:
    def fails(folder: Path) -> dict[str, object]:
        (folder / "root").mkdir()
        (folder / "root/big").write_text("x")
        (folder / "half").write_text("x")
        (folder / "build.log").write_text("cc: error\n")
        raise HvlabError("compiling failed", f"see {folder / 'build.log'}")

    with pytest.raises(HvlabError) as raised:
        cached("thing", {}, fails)
    log = Path(raised.value.hint.removeprefix("see "))
    assert [path.name for path in log.parent.iterdir()] == ["build.log"]
    assert log.read_text() == "cc: error\n"
    built = cached("thing", {}, build)
    assert sorted(path.name for path in built.iterdir()) == ["manifest.json", "thing"]


def test_files_count_by_content(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "f").write_text("1")
    before = fingerprint({"in": folder})
    (folder / "f").write_text("2")
    assert fingerprint({"in": folder}) != before


def test_of_code_only_what_it_does_counts(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    prints = []
    for text in ("x = f(1, 2)\n", "# why\nx = f(\n    1,\n    2,\n)\n", "x = f(1, 3)\n"):
        code.write_text(text)
        prints.append(fingerprint({"code": code}))
    assert prints[0] == prints[1] != prints[2]


def test_what_code_says_of_itself_does_not_count(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    prints = []
    for text in (
        'def f():\n    return "a"\n',
        '"""A module."""\ndef f():\n    """Return a letter."""\n    return "a"\n',
        'def f():\n    return "b"\n',
    ):
        code.write_text(text)
        prints.append(fingerprint({"code": code}))
    assert prints[0] == prints[1] != prints[2]


CODE = """\
\"""A module.\"""
def f(a, b):
    \"""Do
    nothing.\"""
    x = f"é {a!r:>{b}} {'x' + f'{b}'} {{}}" "tail" rf\"""
{a}\"""
    return (lambda a, b: 0,), x[1, 2,]  # why
"""


def test_code_has_the_same_key_under_each_version_of_python(tmp_path: Path) -> None:
    """The key was computed by 3.10, 3.11, 3.12 and 3.13; strings with fields have tokens of their own since 3.12."""
    code = tmp_path / "code.py"
    code.write_text(CODE, encoding="utf-8")
    assert fingerprint({"code": code}) == "735511b9d40ecf7c"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = (1)", "x = (1,)"),
        ("x = (lambda a, b: 0)", "x = (lambda a, b: 0,)"),
        ("if x:\n    y()\nz()", "if x:\n    y()\n    z()"),
        ('f"{x()}"', "pass"),
        ('x = "a" "b"', 'x = "a", "b"'),
    ],
)
def test_what_code_does_counts(one: str, other: str, tmp_path: Path) -> None:
    prints = []
    for text in (one, other):
        (tmp_path / "code.py").write_text(text)
        prints.append(fingerprint({"code": tmp_path / "code.py"}))
    assert prints[0] != prints[1]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4))
def test_order_does_not_count(inputs: dict[str, str]) -> None:
    assert fingerprint(inputs) == fingerprint(dict(reversed(inputs.items())))
