"""Every layout of `free` and `mpstat` is read as it is printed, and a spoilt output is refused, never misread."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import HvlabError
from dataset.stages import parse_stage
from study.measure.rederive import measurements
from study.meters.base import Context, Number
from study.meters.registry import meter
from tests.support.corruptions import CORRUPTIONS
from tests.support.examples import examples
from tests.support.recorded import Case, cases

MIB = st.integers(0, 10**6)
CASES = [case for case in cases("numbers") if case.folder in {"free", "mpstat"}]


def values(numbers: list[Number]) -> dict[str, int | float]:
    return {number.metric: number.value for number in numbers}


def table(names: list[str], row: list[int], first: int, width: int) -> str:
    """Print a header and row `Mem:` as free's printf does."""
    header = " " * first + "".join(f"{name:>{width}}" for name in names)
    return f"{header}\n{'Mem:':{first}}" + "".join(f"{part:>{width}}" for part in row) + "\n"


@given(used=MIB, free=MIB, shared=MIB, cache=MIB, available=MIB)
def test_free_of_procps_3_3_and_4(used: int, free: int, shared: int, cache: int, available: int) -> None:
    total = used + free + cache
    assume(available <= total)
    names = ["total", "used", "free", "shared", "buff/cache", "available"]
    for printed in (used, total - available):
        text = table(names, [total, printed, free, shared, cache, available], 8, 12) + "Swap: 0 0 0\n"
        numbers = values(meter("free").parse(text))
        assert numbers.pop("paper_used") == used
        assert numbers.pop("paper_free") == free + cache
        assert list(numbers.values()) == [total, printed, free, shared, cache, available]


@given(used=MIB, free=MIB, buffers=MIB, cached=MIB)
def test_free_of_procps_3_2_agrees_with_the_later_ones(used: int, free: int, buffers: int, cached: int) -> None:
    total, names = used + free + buffers + cached, ["total", "used", "free", "shared", "buffers", "cached"]
    text = table(names, [total, total - free, free, 0, buffers, cached], 7, 11)
    text += f"-/+ buffers/cache: {used:>10} {free + buffers + cached:>10}\nSwap: 2047 0 2047\n"
    numbers = values(meter("free").parse(text))
    assert (numbers["paper_used"], numbers["paper_free"]) == (used, free + buffers + cached)
    assert numbers["used"] == total - free


LAYOUTS = {
    "sysstat 7": ["%user", "%nice", "%sys", "%iowait", "%irq", "%soft", "%steal", "%idle", "intr/s"],
    "sysstat 9": ["%usr", "%nice", "%sys", "%iowait", "%irq", "%soft", "%steal", "%guest", "%idle"],
    "sysstat 12": ["%usr", "%nice", "%sys", "%iowait", "%irq", "%soft", "%steal", "%guest", "%gnice", "%idle"],
}
CLOCKS = ["00:00:59", "19:22:31", "07:22:31 PM", "12:00:00 AM"]


@st.composite
def hundreds(draw: st.DrawFn, count: int) -> list[float]:
    """Draw shares of CPU time with two decimals that make 100."""
    cuts = sorted(draw(st.lists(st.integers(0, 10000), min_size=count - 1, max_size=count - 1)))
    return [(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 10000], strict=True)]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(data=st.data(), clock=st.sampled_from(CLOCKS))
def test_mpstat_text(layout: str, data: st.DataObject, clock: str) -> None:
    names = LAYOUTS[layout]
    shares = data.draw(hundreds(sum(name[0] == "%" for name in names)))
    printed = "".join(f"{share:8.2f}" for share in shares) + ("   1016.79" if "intr/s" in names else "")
    header = "".join(f"{name:>{10 if name == 'intr/s' else 8}}" for name in names)
    text = (
        f"Linux 2.6.18-194.el5 (server) \t02/14/2011\n\n{clock:<11}  CPU{header}\n"
        f"{clock:<11}  all{printed}\nAverage:     all{printed}\n"
    )
    assert list(values(meter("mpstat").parse(text)).values()) == shares


@given(samples=st.lists(hundreds(10), min_size=1, max_size=6))
def test_mpstat_json_gives_the_mean(samples: list[list[float]]) -> None:
    keys = [name.removeprefix("%") for name in LAYOUTS["sysstat 12"]]
    loads = [
        '{"timestamp": "19:22:31", "cpu-load": [{"cpu": "all", '
        + ", ".join(f'"{key}": {share:.2f}' for key, share in zip(keys, shares, strict=True))
        + "}]}"
        for shares in samples
    ]
    host = {"nodename": "a", "sysname": "Linux", "release": "6", "machine": "x", "number-of-cpus": 2, "date": "d"}
    text = f'{{"sysstat": {{"hosts": [{json.dumps(host)[:-1]}, "statistics": [{", ".join(loads)}]}}]}}}}\n'
    numbers = values(meter("mpstat").parse(text))
    assert numbers["idle"] == pytest.approx(sum(shares[-1] for shares in samples) / len(samples), abs=1e-4)


def read(case: Case, text: str) -> dict[str, int | float]:
    """Read as a run does: with the command line that the capture was made with."""
    wanted = int(case.expected["numbers"].get("samples", [1])[0])
    context = Context("kvm", "/kvm", free_count=wanted, mpstat_count=wanted)
    line = meter(case.folder).command(context)
    return {
        row.metric: row.value for row in measurements("kvm", 1, parse_stage("vm-1"), case.folder, text, command=line)
    }


@given(st.sampled_from(CASES), st.sampled_from(sorted(CORRUPTIONS)), st.data())
@examples(1000)
def test_a_spoilt_output_is_refused_or_says_the_same(case: Case, kind: str, data: st.DataObject) -> None:
    spoilt = CORRUPTIONS[kind](data, case.text)
    try:
        found = read(case, spoilt)
    except HvlabError as error:
        assert len(str(error).splitlines()) == 1
        assert f"meter {case.folder}: " in str(error)
    else:
        assert found == read(case, case.text)


# The layouts that print every part of a sum and the sum. Later versions of free print nothing that repeats `free` and
# `buff/cache`: a digit that became another one there is seen by the capture's SHA-256 only (test_check.py).
REPEATS = [case for case in CASES if case.folder == "mpstat" or "-/+" in case.text]
TOLERANCE = {"free": 3, "mpstat": 0.5}


@given(st.sampled_from([case for case in REPEATS if "samples" not in case.expected["numbers"]]), st.data())
@examples(1000)
def test_a_changed_digit_is_refused_or_within_the_rounding(case: Case, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([at for at, letter in enumerate(case.text) if letter.isdigit()]))
    spoilt = case.text[:at] + data.draw(st.sampled_from("0123456789 ")) + case.text[at + 1 :]
    try:
        found = read(case, spoilt)
    except HvlabError:
        return
    before = read(case, case.text)
    assert found.keys() == before.keys()
    for metric in before.keys() - {"shared"}:
        assert abs(found[metric] - before[metric]) <= TOLERANCE[case.folder], metric
