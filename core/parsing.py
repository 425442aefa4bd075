"""Reads JSON and TOML texts; whatever is wrong with one is a ValueError."""

import json
import tomllib
from collections.abc import Callable
from typing import Any


def json_value(text: str | bytes, *, number: Callable[[str], Any] = float) -> Any:
    """Return what a JSON text holds.

    Args:
        text: The text.
        number: Makes a number of the text of one that is not whole, or not finite, as only Python writes it.

    Raises:
        ValueError: It is not JSON, is nested too deeply, or has a number of thousands of digits.
    """
    try:
        return json.loads(text, parse_constant=number, parse_float=number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def json_object(text: str | bytes) -> dict[str, Any]:
    """Return the names and values of a JSON object.

    Raises:
        ValueError: It is not JSON, or something else than an object.
    """
    value = json_value(text)
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def toml_table(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises:
        ValueError: It is not TOML, is nested too deeply, or has a number of thousands of digits.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
