"""The examples for notebooks do what they say, in the order in which they stand."""

import re
from pathlib import Path
from typing import Any

import pytest

from core.paths import PROJECT


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROJECT / "docs" / "how-to" / "analysis.md").read_text(encoding="utf-8")
    (tmp_path / "reference").symlink_to(PROJECT / "reference")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "analysis.md", "exec"), names)
    assert names["table"].loc["vm-4", "KVM"] == 2453
    assert len(names["free"])
    assert names["costs"].loc["xen", "value"] == pytest.approx(543.7, abs=0.05)
    assert set(names["costs"]["n"]) == {1}
