"""Terminal pictures: SVG that holds what the capture holds, and asks nobody for anything."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dataset.captures import INDEX_FILE, write_capture
from dataset.terminal import Printed, printed, svg
from tests.support.errors import raises_code

MPSTAT = "19:01:07     all    0.25\t1.00   98.75\n\nAverage:     all    0.25    1.00   98.75\n"
FREE = "       total   used\nMem:    3917    315\n"


def capture(folder: Path, meter: str, output: str, command: str) -> Path:
    path = f"runs/kvm-01/captures/vm-1/{meter}.txt"
    write_capture(folder, path, output.encode(), command=command, exit_status=0, started=datetime.now(UTC), seconds=1.0)
    return folder / path


def shown(picture: bytes) -> list[str]:
    """The lines of text in a picture, from top to bottom."""
    lines: dict[float, str] = {}
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        if element.get("class", "").endswith("title"):
            continue
        at = float(element.get("y", ""))
        lines[at] = (lines.get(at, "") + (element.text or "")).replace("\N{NO-BREAK SPACE}", " ").rstrip()
    return [lines[at] for at in sorted(lines)]


def test_the_first_sample_of_free_and_the_command(tmp_path: Path) -> None:
    path = capture(tmp_path, "free", f"{FREE}\n{FREE}\n{FREE}", "LC_ALL=C free -m -s 1 -c 3")
    assert printed(path) == Printed("free -m -s 1 -c 3", FREE.rstrip("\n"), 2)


def test_the_picture_shows_the_capture_line_by_line(tmp_path: Path) -> None:
    path = capture(tmp_path, "mpstat", MPSTAT, "LC_ALL=C S_TIME_FORMAT=ISO mpstat 2 5")
    found = printed(path)
    assert found is not None
    expected = ["root@labhost:~# mpstat 2 5", *(line.expandtabs(8) for line in MPSTAT.rstrip("\n").splitlines())]
    assert [line for line in shown(svg(found, "KVM, vm-1")) if line] == [line for line in expected if line]


@pytest.mark.parametrize(
    "text", ["a < b & c > d", "[bold]no markup[/bold]", "x" * 300, "\N{HANGUL SYLLABLE GA} free", "a ␛[31m ␀ b"]
)
def test_any_text_is_shown_as_it_is(text: str) -> None:
    assert shown(svg(Printed("free", text, 0), "KVM"))[1:] == [text]


def test_control_characters_do_not_end_the_xml() -> None:
    assert shown(svg(Printed("free\x1b", "a \x1b[31m \x00 b\ufffe", 0), "KVM\x00"))[1:] == ["a ␛[31m ␀ b<U+FFFE>"]


def test_the_picture_is_the_same_each_time_and_names_no_server() -> None:
    what = Printed("free -m", FREE, 0)
    picture = svg(what, "KVM, vm-1")
    assert picture == svg(what, "KVM, vm-1")
    assert b"KVM" in picture
    assert b"url(http" not in picture
    assert b"https:" not in picture


def test_no_capture_is_no_picture_and_a_damaged_index_is_named(tmp_path: Path) -> None:
    assert printed(tmp_path / "free.txt") is None
    path = capture(tmp_path, "free", FREE, "free -m")
    path.with_name(INDEX_FILE).write_text("[]")
    with raises_code("invalid-dataset", "index.json"):
        printed(path)
