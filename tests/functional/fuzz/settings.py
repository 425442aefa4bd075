"""Parameters from hvlab.toml and from the environment: each is refused, or is what was written."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from lab.settings import Settings, load_settings
from tests.support import corruptions
from tests.support.fuzz import Area, Input

_TEXTS = st.sampled_from(
    ["", " ", "kvm", "xen", "nested", "local", "ssh://root@host:22", "ssh://-oProxyCommand=x", "../..",
     "\x00", "\x1b[31m", "x" * 5000, "1", "1e3", "true", "inf", "$(id)", "a\nb", "file:///a", "http://a b"]
)  # fmt: skip
_NUMBERS = st.one_of(
    st.integers(-3, 5), st.sampled_from([512, 4096, 65536, 10**8, 2**63, 10**400, -(10**400), 1e308, 1e-320, 0.5, -0.0])
)
_VALUES = st.recursive(
    st.one_of(_NUMBERS, _TEXTS, st.booleans(), st.text(max_size=8), st.sampled_from(["inf", "nan"]).map(float)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab_", max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
_WORDS = st.one_of(_TEXTS, _VALUES.map(lambda value: json.dumps(value, ensure_ascii=False)))


def _fields(model: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of each parameter."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _fields(kind, (*before, name))
        else:
            yield (*before, name)


PLACES = [place for place in _fields(Settings) if place[0] != "hypervisors"]


def toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value).replace("\x7f", "\\u007f")
        case datetime.date():
            return value.isoformat()
    return repr(value)


def _at(settings: Settings, place: tuple[str, ...]) -> Any:
    value: Any = settings
    for name in place:
        value = getattr(value, name)
    return list(value) if isinstance(value, tuple) else value


def _read(file: Path, text: str, environ: dict[str, str], place: tuple[str, ...], wanted: object) -> object:
    """Load the settings; return the parameter as it was written if it has that value, else what it has.

    What is no TOML in the environment is a text.
    """
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    found = _at(load_settings(file, environ), place)
    same = type(found) is type(wanted) or {type(found), type(wanted)} == {int, float}
    return wanted if (same and found == wanted) or found in environ.values() else found


def _draw_file(file: Path, data: st.DataObject) -> Input:
    place = data.draw(st.sampled_from(PLACES))
    value = data.draw(_VALUES)
    text = f"[{'.'.join(place[:-1])}]\n{place[-1]} = {toml(value)}\n" if place[1:] else f"{place[0]} = {toml(value)}\n"
    return Input("value in the file", text[:300], lambda: _read(file, text, {}, place, value), value)


def _draw_variable(file: Path, data: st.DataObject) -> Input:
    place = data.draw(st.sampled_from(PLACES))
    name = "HVLAB_" + "__".join(place).upper()
    word = data.draw(_WORDS)
    try:
        wanted = json.loads(word)
    except (ValueError, RecursionError):
        wanted = word
    shown = f"{name}={word[:200]!r}"
    return Input("value in the environment", shown, lambda: _read(file, "", {name: word}, place, wanted), wanted)


def _prepare_spoilt(folder: Path) -> tuple[Path, str, Settings]:
    text = Path("hvlab.toml").read_text(encoding="utf-8")
    (folder / "hvlab.toml").write_text(text, encoding="utf-8")
    return folder / "hvlab.toml", text, load_settings(folder / "hvlab.toml", {})


_CHANGES = corruptions.ALL


def _draw_spoilt(known: tuple[Path, str, Settings], data: st.DataObject) -> Input:
    file, whole, settings = known
    kind = data.draw(st.sampled_from(sorted(_CHANGES)))
    text = _CHANGES[kind](data, whole)
    shown = corruptions.difference(whole, text)

    def read() -> object:
        file.write_text(text, encoding="utf-8")
        return load_settings(file, {})

    return Input(kind, shown, read, settings)


AREAS = [
    Area("hvlab.toml: values", lambda folder: folder / "hvlab.toml", _draw_file),
    Area("environment: values", lambda folder: folder / "hvlab.toml", _draw_variable),
    Area(
        "hvlab.toml: spoilt",
        _prepare_spoilt,
        _draw_spoilt,
        dict.fromkeys(
            _CHANGES, "the user's own file: what is left or became of it are names and values that may be set"
        ),
    ),
]
