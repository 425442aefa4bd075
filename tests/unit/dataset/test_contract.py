"""docs/reference/dataset.md names every field of study.json, and its example runs."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from core.paths import PROJECT
from dataset import descriptors, load, models
from dataset.measurements import COLUMNS

DOCUMENT = (PROJECT / "docs/reference/dataset.md").read_text(encoding="utf-8")
MODELS = [
    model
    for module in (descriptors, models)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_documented(model: type[BaseModel]) -> None:
    names = [field.alias or name for name, field in model.model_fields.items()]
    assert [name for name in names if not re.search(rf"[`\"]{name}[`\"]", DOCUMENT)] == []


def test_the_header_is_documented() -> None:
    assert f"`{','.join(COLUMNS)}`" in DOCUMENT


def test_the_example_runs() -> None:
    names: dict[str, Any] = {"capture": "published/memory.csv"}
    (example,) = re.findall(r"    from pathlib import Path\n(?:.*\n)+?\n(?=[^ \n])", DOCUMENT)
    lines = [line.strip() for line in example.splitlines() if line.strip()]
    program = "\n".join(lines).replace("studies/latest", str(PROJECT / "reference/paper-2011"))
    exec(program, names)
    assert names["dataset"].titles == load(PROJECT / "reference/paper-2011").titles
