"""Captures of each meter, with the reader's end mark: printed otherwise, or changed on the way to the controller."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from core.errors import HvlabError
from dataset.captures import capture_text
from study.measure.reader_script import unmarked
from study.meters.base import Context
from study.meters.reading import read
from study.meters.registry import all_meters, meter
from tests.support import corruptions
from tests.support.fuzz import Area, Input
from tests.support.recorded import Case, cases

Change = Callable[[st.DataObject, str], str]

_CHANGES: dict[str, Change] = corruptions.ALL
_PRINTED, _ON_THE_WAY = "printed so", "changed on the way"
_ARGUED = {
    f"{_PRINTED}: {kind}": "no other source says what the tool printed; each number is one that a machine can have"
    for kind in _CHANGES
} | {
    f"{_ON_THE_WAY}: {kind}": "as many lines and bytes: SSH's checksum and then the index's SHA-256 see it"
    for kind in ("change_a_digit", "decimal_commas", "spoil_a_byte", "swap_lines")
}


def told(case: Case, arrived: bytes) -> object:
    """Read an output as it came from the reader; return its numbers by name.

    Args:
        case: Of which meter, and with how many samples.
        arrived: The output and its end mark.
    """
    printed = unmarked(arrived)
    if printed is None:
        raise HvlabError(f"reading {case.folder} is cut off", code="cut-off")
    wanted = int(case.expected["numbers"].get("samples", [1])[0])
    some = ("a",)
    line = meter(case.folder).command(Context("xen", "/xen", 1, wanted, wanted, wanted, some, some, some))
    text = capture_text(printed)
    return {it.metric: it.value for it in read(meter(case.folder), text, command=line, lines=text.count("\n"))}


def marked(text: str) -> bytes:
    """Return an output as the reader writes it, with its end mark."""
    output = text.encode()
    lines = output.count(b"\n")
    return output + f"hvlab-end lines={lines} bytes={len(output)}\n".encode()


def _area(name: str) -> Area:
    recorded = [case for case in cases("numbers") if case.folder == name]

    def prepare(folder: Path) -> list[tuple[Case, object]]:
        return [(case, told(case, marked(case.text))) for case in recorded]

    def draw(known: list[tuple[Case, object]], data: st.DataObject) -> Input:
        case, whole = data.draw(st.sampled_from(known))
        kind, where = data.draw(st.sampled_from(sorted(_CHANGES))), data.draw(st.sampled_from([_PRINTED, _ON_THE_WAY]))
        text = _CHANGES[kind](data, case.text) if case.text.count("\n") > 1 else case.text
        whole_text = marked(case.text)
        arrived = marked(text) if where == _PRINTED else text.encode() + whole_text[len(case.text.encode()) :]
        shown = f"{case} {corruptions.difference(case.text, text)}"
        return Input(f"{where}: {kind}", shown, lambda: told(case, arrived), whole)

    return Area(f"capture {name}", prepare, draw, _ARGUED, quick=8)


AREAS = [_area(each.name) for each in all_meters()]
