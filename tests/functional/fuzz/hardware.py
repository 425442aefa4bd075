"""Tables 1 and 2: whatever a lab host's tools print, the rows are texts, and a format that is not known is named so."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from core.errors import HvlabError
from lab.hosts.block_devices import partitions
from lab.hosts.facts import read_facts
from lab.hosts.hardware import hardware, version
from tests.support import corruptions
from tests.support.fuzz import Area, Input
from tests.support.recorded import ROOT

_WHOLE = {
    "cpu": json.dumps({"lscpu": [{"field": "Architecture:", "data": "x86_64"}, {"field": "CPU(s):", "data": "2"},
                                 {"field": "Model name:", "data": "QEMU Virtual CPU"}]}),
    "board": (ROOT / "hardware" / "dmidecode-comments.txt").read_text(),
    "memory": "MemTotal:        4011704 kB\n",
    "disks": (ROOT / "hardware" / "lsblk-raid1.json").read_text(),
    "mounted": "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 15000000 1 14999999 1% /\n"
               "Filename Type Size Used Priority\n/dev/sda2 partition 4194300 0 -2\n",
    "pci": "00:02.0 VGA compatible controller: Cirrus Logic GD 5446\n00:03.0 Ethernet controller: Intel 82540EM\n",
    "mpstat": (ROOT / "hardware" / "mpstat-version.txt").read_text(),
}  # fmt: skip
_WHY = "Tables 1 and 2 print what the tools print; no number is computed from them"
_NOT_KNOWN = {"unknown", "not recognised"}


def _tables(answers: dict[str, str]) -> object:
    """Return the rows of both tables.

    Raises:
        HvlabError: A row says that a tool's output is not known: that is how these tables refuse.
    """
    rows = hardware(answers)
    areas = partitions(answers["disks"], answers["mounted"])
    if not areas or any(value in _NOT_KNOWN for _, value in rows):
        raise HvlabError("a tool's output is not recognised", code="not-recognised")
    assert all(isinstance(value, str) and value for _, value in rows)
    assert all(size >= 0 for _, size, _ in areas)
    return rows, areas, version("mpstat", answers["mpstat"])


def _draw(whole: object, data: st.DataObject) -> Input:
    name = data.draw(st.sampled_from(sorted(_WHOLE)))
    kind = data.draw(st.sampled_from(sorted(corruptions.ALL)))
    text = _WHOLE[name]
    if data.draw(st.booleans()) and text.startswith("{"):
        kind, text = "json", json.dumps(corruptions.mutate(data, json.loads(text)))
    else:
        text = corruptions.ALL[kind](data, text) if text.count("\n") > 1 else text
    shown = f"{name} {corruptions.difference(_WHOLE[name], text)}"
    return Input(kind, shown, lambda: _tables({**_WHOLE, name: text}), whole)


_FACTS = """\
uid=0
hostname=server
release=6.1.0-44-amd64
boot=0b1f0c5e-1111-4222-8333-444455556666
machine=0123456789abcdef0123456789abcdef
board=4c4c4544-0042-3510-8052-b4c04f4d3132
vendor=Dell Inc.
under=KVM
entry=menuentry 'Debian GNU/Linux' --class debian {
"""


def _draw_facts(whole: Any, data: st.DataObject) -> Input:
    kind = data.draw(st.sampled_from(sorted(corruptions.ALL)))
    text = corruptions.ALL[kind](data, _FACTS)
    return Input(kind, corruptions.difference(_FACTS, text), lambda: read_facts(text), whole)


def _facts(folder: Path) -> object:
    del folder
    return read_facts(_FACTS)


AREAS = [
    Area("hardware tables", lambda folder: _tables(_WHOLE), _draw, dict.fromkeys(["json", *corruptions.ALL], _WHY)),
    Area("facts of a host", _facts, _draw_facts, dict.fromkeys(corruptions.ALL, "a host may answer so")),
]
