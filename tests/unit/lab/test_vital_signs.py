"""A guest is hung when its virtual CPUs have used no time and its console was silent, over several questions."""

import pytest

from lab.guests.vital_signs import Pulse, VitalSigns, read_signs


@pytest.mark.parametrize(
    ("output", "signs"),
    [
        ("cpu=12.3\ncpu=4\nconsole=900\n", VitalSigns(("12.3", "4"), 900)),
        ("cpu=7\n", VitalSigns(("7",), None)),
        # Not yet defined, or an error: nothing is known.
        ("", None),
        ("console=900\n", None),
        ("cpu=\n", None),
        ("error: failed to get domain\n", None),
    ],
)
def test_signs(output: str, signs: VitalSigns | None) -> None:
    assert read_signs(output) == signs


def told(readings: list[tuple[float, str]], still_s: float = 60) -> list[float]:
    """Return the moments at which the guest is judged to be hung."""
    pulse = Pulse(still_s)
    return [moment for moment, output in readings if pulse.look(moment, read_signs(output))]


def test_one_that_works_or_prints_lives() -> None:
    assert told([(20.0 * n, f"cpu={n}\nconsole=1") for n in range(20)]) == []
    assert told([(20.0 * n, f"cpu=1\nconsole={n}") for n in range(20)]) == []


def test_one_that_stands_still_is_hung_after_its_time() -> None:
    assert told([(20.0 * n, "cpu=1\nconsole=1") for n in range(5)]) == [60, 80]
    assert told([(20.0 * n, "cpu=1\nconsole=1") for n in range(8)], still_s=120) == [120, 140]


def test_a_pause_of_the_lab_host_is_not_the_guests() -> None:
    """The emulator is stopped for five minutes between two questions, and the guest works on."""
    assert told([(0, "cpu=1"), (20, "cpu=1"), (320, "cpu=1"), (340, "cpu=2")]) == []


def test_what_is_not_known_begins_anew() -> None:
    readings = [(0.0, "cpu=1"), (20.0, "cpu=1"), (40.0, ""), (60.0, "cpu=1"), (80.0, "cpu=1"), (100.0, "cpu=1")]
    assert told(readings) == []
    assert told([*readings, (120.0, "cpu=1")]) == [120]


def test_the_reason_names_what_was_seen() -> None:
    pulse = Pulse()
    signs = VitalSigns(("1.5", "0"), 42)
    words = [pulse.look(moment, signs) for moment in (0, 30, 60, 90)]
    assert words == [
        None,
        None,
        None,
        "it is hung: for 90 s its CPU time has stayed at 1.5, 0, and its console has stayed at 42 bytes",
    ]
