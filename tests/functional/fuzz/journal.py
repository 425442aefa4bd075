"""The journal: each line is an event, or the file is refused."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from dataset.journal import NAME, read_journal
from tests.support import corruptions
from tests.support.fuzz import Area, Input

_EVENTS = [
    {"time": "2026-11-22T21:00:00.000Z", "event": "study-started", "seed": 7, "host": "nested"},
    {"time": "2026-11-22T21:00:01.500Z", "event": "run-started", "run": "kvm-01", "provider": "kvm", "repeat": 1},
    {"time": "2026-11-22T21:01:00.000Z", "event": "stage-settled", "stage": "vm-1", "curve": [[0, 3600.5], [1, 3600]]},
    {"time": "2026-11-22T21:02:00.000Z", "event": "run-ended", "run": "kvm-01", "status": "finished", "note": "\u00fc"},
]
_WHY = "no checksum: what is left are events; only curves and attempts are read from it, in forms that are checked"


def _draw(file: Path, data: st.DataObject) -> Input:
    lines = [json.dumps(event, ensure_ascii=False) for event in _EVENTS]
    kind = data.draw(st.sampled_from(["json", *sorted(corruptions.CORRUPTIONS), "change_a_digit", "grow_a_number"]))
    whole = "".join(f"{line}\n" for line in lines)
    if kind == "json":
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = json.dumps(corruptions.mutate(data, json.loads(lines[at])))
        text = "".join(f"{line}\n" for line in lines)
    else:
        text = corruptions.ALL[kind](data, whole)

    def read() -> list[dict[str, Any]]:
        file.write_bytes(text.encode(errors="surrogatepass"))
        return read_journal(file)

    return Input(kind, corruptions.difference(whole, text), read, _EVENTS)


AREAS = [
    Area("journal", lambda folder: folder / NAME, _draw, dict.fromkeys(["json", *corruptions.ALL], _WHY)),
]
