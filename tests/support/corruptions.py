"""What a lost connection, a full disk, another locale or a mixed-in message make of a text."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

_NUMBER = re.compile(r"(?<![\w.])[0-9]")
_DIGIT = re.compile(r"[0-9]")
_SHOWN = 60

CORRUPTIONS: dict[str, Callable[[st.DataObject, str], str]] = {}


def corruption(function: Callable[[st.DataObject, str], str]) -> Callable[[st.DataObject, str], str]:
    CORRUPTIONS[function.__name__] = function
    return function


def place(data: st.DataObject, text: str) -> int:
    return data.draw(st.integers(0, max(len(text) - 1, 0)), label="place")


@corruption
def cut_off(data: st.DataObject, text: str) -> str:
    return text[: place(data, text)]


@corruption
def lose_bytes(data: st.DataObject, text: str) -> str:
    at = place(data, text)
    return text[:at] + text[at + data.draw(st.integers(1, 40)) :]


@corruption
def double_bytes(data: st.DataObject, text: str) -> str:
    at = place(data, text)
    return text[:at] + text[at : at + data.draw(st.integers(1, 40))] + text[at:]


@corruption
def put_in(data: st.DataObject, text: str) -> str:
    at = place(data, text)
    words = st.sampled_from(["0", " ", ".", ",", "-", "\n", "\x00", "\ufffd", "9 ", "warning: x\n"])
    return text[:at] + data.draw(words) + text[at:]


@corruption
def spoil_a_byte(data: st.DataObject, text: str) -> str:
    at = place(data, text)
    return text[:at] + data.draw(st.sampled_from(["x", "%", "-", ",", "\x00", "\ufffd", "e"])) + text[at + 1 :]


@corruption
def lose_a_line(data: st.DataObject, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    return "".join(lines)


@corruption
def double_a_line(data: st.DataObject, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    return "".join([*lines[: at + 1], *lines[at:]])


@corruption
def swap_lines(data: st.DataObject, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 2))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return "".join(lines)


@corruption
def lose_a_word(data: st.DataObject, text: str) -> str:
    words = text.split(" ")
    del words[data.draw(st.integers(0, len(words) - 1))]
    return " ".join(words)


@corruption
def decimal_commas(data: st.DataObject, text: str) -> str:
    return text.replace(".", ",")


def change_a_sign(data: st.DataObject, text: str) -> str:
    at = data.draw(st.sampled_from(_starts(_NUMBER, text)))
    return f"{text[:at]}-{text[at:]}"


def change_a_digit(data: st.DataObject, text: str) -> str:
    at = data.draw(st.sampled_from(_starts(_DIGIT, text)))
    return text[:at] + data.draw(st.sampled_from("0123456789")) + text[at + 1 :]


def grow_a_number(data: st.DataObject, text: str) -> str:
    at = data.draw(st.sampled_from(_starts(_NUMBER, text)))
    return text[:at] + "9" * data.draw(st.sampled_from([1, 3, 20, 5000])) + text[at:]


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    """Return where a pattern matches; the beginning, if nowhere."""
    return [match.start() for match in pattern.finditer(text)] or [0]


ALL = {**CORRUPTIONS, **{change.__name__: change for change in (change_a_sign, change_a_digit, grow_a_number)}}
"""Also those that leave a text that may be right."""

# What hand-made and damaged files have in the place of what belongs there.
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(
        [10**30, 1e300, [], {}, [[]], {"a": []}, "", "kvm", "vm-1", "../../x", "\ud800", "\x00", "x" * 300]
    ),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22T21:00:00"]),
    st.text(max_size=5),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container of a JSON value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from places(value[key])


def mutate(data: st.DataObject, value: Any) -> Any:
    """Replace, remove or repeat a part of a JSON value."""
    every = list(places(value))
    container, key = every[data.draw(st.integers(0, len(every) - 1))]
    match data.draw(st.sampled_from(["replace", "remove", "repeat"])):
        case "remove":
            del container[key]
        case "repeat" if isinstance(container, list):
            container.append(container[key])
        case _:
            container[key] = data.draw(VALUES)
    return value


def difference(before: str, after: str) -> str:
    """Return where two texts begin to differ, with a little around it."""
    at = next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = max(at - 20, 0)
    return f"{before[start : start + _SHOWN]!r} -> {after[start : start + _SHOWN]!r}"
