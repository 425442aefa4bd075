"""Where the spread of the cost per guest comes from: made-up boots whose parts are known."""

import math

import pandas as pd
import pytest
from scipy import stats

from report.data.readings import Estimate, Readings
from report.inference.intervals import boots_for
from report.tables.cost_model import Cost
from report.tables.variance import Spread, spreads
from tests.support.made_up import DESCRIBED

# Per guest and boot: guests' RAM varies by 2 MiB, the VMM and the kernel do not.
RAM = (156.0, 158.0, 160.0)
VMM, KERNEL = 50.0, 15.0


def row(repeat: int, stage: str, meter: str, metric: str, mib: float) -> list[object]:
    guests = int(stage[3:])
    return ["kvm", repeat, stage, guests, meter, metric, mib * 1024, "KiB", f"runs/kvm-0{repeat}/{stage}/{meter}.txt"]


def boots(noise_kib: float = 0.0) -> Readings:
    rows = []
    for repeat, ram in enumerate(RAM, 1):
        for guests in (1, 4):
            stage = f"vm-{guests}"
            rows.append(row(repeat, stage, "vmm", "guest_ram", 10 + guests * ram))
            rows.append(row(repeat, stage, "meminfo", "AnonPages", 13 + guests * (ram + VMM)))
            rows.append(row(repeat, stage, "account", "kernel", 80 + guests * KERNEL))
            rows.append(row(repeat, stage, "free", "paper_used:mad", noise_kib / 1024))
    columns = ["provider", "repeat", "stage", "guests", "meter", "metric", "value", "unit", "capture"]
    return Readings(pd.DataFrame(rows, columns=columns), DESCRIBED)


def cost(values: tuple[float, ...]) -> Cost:
    return Cost("kvm", Estimate.of(pd.Series(values)), None, 1, 4)


def spread(readings: Readings) -> Spread:
    (found,) = spreads(readings, {"kvm": cost(tuple(ram + VMM + KERNEL for ram in RAM))})
    return found


def test_the_parts_tell_which_of_them_varies() -> None:
    parts = {part.name: part.per_guest for part in spread(boots()).parts}
    assert list(parts) == ["processes", "guest-ram", "kernel"]
    assert parts["guest-ram"].mean == pytest.approx(158)
    assert parts["guest-ram"].sd == pytest.approx(2)
    assert parts["processes"].mean == pytest.approx(158 + VMM)
    assert parts["processes"].sd == pytest.approx(2)
    assert parts["kernel"].mean == pytest.approx(KERNEL)


def test_noise_of_reading_is_spread_over_the_guests() -> None:
    assert spread(boots()).reading_sd == 0
    assert spread(boots(noise_kib=512)).reading_sd == pytest.approx(1.4826 * math.sqrt(2) * 0.5 / 3)


def test_one_boot_has_no_spread() -> None:
    assert spreads(boots(), {"kvm": cost((223.0,))}) == []


def test_the_number_of_boots_is_the_least_that_is_enough() -> None:
    found = boots_for(1.0, 2.0)
    assert found is not None

    def half_width(boots: int) -> float:
        return float(stats.t.ppf(0.975, boots - 1)) * 2.0 / math.sqrt(boots)

    assert half_width(found) <= 1.0 < half_width(found - 1)
    assert boots_for(1.0, 0.0) == 2
    assert boots_for(0.001, 5.0, most=50) is None
    assert spread(boots()).boots == found
