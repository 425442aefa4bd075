"""Whatever is wrong with a JSON or TOML text is one kind of error."""

import os
from pathlib import Path

import pytest

from core.files import DamagedError, read_record
from core.lock import holder
from core.parsing import json_object, json_value, toml_table
from lab.hosts.hardware import hardware

DEEP = "[" * 100_000
LONG = "9" * 5000


@pytest.mark.parametrize("text", ["", "{", DEEP, LONG, '{"a": ' * 50_000])
def test_json(text: str) -> None:
    with pytest.raises(ValueError):
        json_value(text)


@pytest.mark.parametrize("text", ["x", f"x = {DEEP}", f"x = {LONG}"])
def test_toml(text: str) -> None:
    with pytest.raises(ValueError):
        toml_table(text)


def test_an_object_is_asked_for() -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        json_object("[]")


def test_records_locks_and_answers_of_a_host(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text(DEEP)
    with pytest.raises(DamagedError):
        read_record(file, dict)
    with os.fdopen(os.open(file, os.O_RDONLY)) as handle:
        assert "not written" in holder(handle)
    assert ("CPU", "not recognised") in hardware({"cpu": DEEP, "disks": DEEP}, "")
