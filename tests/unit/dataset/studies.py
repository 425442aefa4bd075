"""Small studies for tests, written by hand: what a test does not say is as little as the contract allows."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HEADER = "provider,repeat,stage,guests,meter,metric,value,unit,capture"
BHYVE = {"name": "bhyve", "title": "bhyve", "image_folder": "/bhyve"}


def study_json(**fields: Any) -> dict[str, Any]:
    """Return a study.json of schema 2 with one hypervisor that no version of hvlab knows."""
    return {
        "schema": 2,
        "id": "s",
        "title": "t",
        "profile": "default",
        "created": "2026-11-22T21:00:00Z",
        "hypervisors": [BHYVE],
        "parameters": {"guests": 2, "providers": ["bhyve"], "stages": ["booting", "vm-1", "vm-2"]},
        "environment": {"kind": "nested"},
        "runs": [{"name": "bhyve-01", "provider": "bhyve", "repeat": 1, "status": "finished"}],
        **fields,
    }


def write_study(folder: Path, info: dict[str, Any], lines: Iterable[str] = ()) -> Path:
    """Write study.json and measurements.csv, unchecked; a line lacks its capture, which is added."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.json").write_text(json.dumps(info), encoding="utf-8")
    rows = [f"{line},runs/c.txt" for line in lines]
    (folder / "measurements.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return folder
