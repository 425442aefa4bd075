"""Parameters from the environment: HVLAB_<TABLE>__<NAME> goes before hvlab.toml."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import HvlabError
from core.parsing import toml_table

_PREFIX = "HVLAB_"


def override(table: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Put the environment's values over those of the file; TOML syntax, else text.

    A table in a table is one more `__`: HVLAB_HYPERVISORS__<NAME>__<PARAMETER>.

    Args:
        table: What the file holds; changed.
        environ: The environment.

    Returns:
        The place of each value that was put there, and the variable that it comes from.
    """
    places = {}
    for name, text in environ.items():
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        *sections, key = place = tuple(name.removeprefix(_PREFIX).lower().split("__"))
        # A value in place of a table is reported when it is read.
        there: Any = table
        for section in sections:
            there = there.setdefault(section, {}) if isinstance(there, dict) else None
        if isinstance(there, dict):
            there[key] = _value(text)
            places[place] = name
    return places


def _value(text: str) -> Any:
    try:
        table = toml_table(f"value = {text}")
    except ValueError:
        return text
    # A text of several lines may hold other names and tables, too.
    return table["value"] if list(table) == ["value"] else text


def variable_of(places: Mapping[tuple[str, ...], str], where: Sequence[str | int], message: str) -> str:
    """Return the variable that a wrong value or name comes from; "" if it comes from the file.

    Args:
        places: As `override` returned them.
        where: The place of the error: of the value itself, of one inside it, or of a table that the variable made.
        message: The error's message. A check of several tables has no place, and may name one in its message.
    """
    found = tuple(str(part) for part in where)
    for place, name in places.items():
        if found[: len(place)] == place or (found and place[: len(found)] == found):
            return name
        if not found and ".".join(place) in message:
            return name
    return ""


def require_whole_names(environ: Mapping[str, str], tables: Sequence[str]) -> None:
    """Refuse variables that look like a parameter's and are not: they would be ignored.

    Args:
        environ: The environment.
        tables: Names of the tables of hvlab.toml.

    Raises:
        HvlabError: There is one; the hint says how it is written.
    """
    for name in sorted(environ):
        for table in tables:
            start = f"{_PREFIX}{table.upper()}_"
            rest = name.upper().removeprefix(start)
            if name.upper().startswith(start) and rest and not rest.startswith("_"):
                raise HvlabError(
                    f"{name} in the environment is no parameter",
                    f"{start}_{rest}, with two underscores",
                    code="bad-setting",
                )
