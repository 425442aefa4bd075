"""Derived numbers, against values that were computed by hand."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from dataset import load
from dataset.derived import check_derived, unit_factor
from dataset.descriptors import Descriptors
from dataset.schema1 import upgrade
from tests.support.errors import raises_code
from tests.unit.dataset.studies import BHYVE, study_json, write_study

XEN = {
    "schema": 1,
    "id": "s",
    "title": "t",
    "profile": "default",
    "created": "2026-11-22T21:00:00Z",
    "parameters": {"guests": 2, "providers": ["kvm", "xen"], "stages": ["booting", "vm-1", "vm-2"]},
    "environment": {"kind": "nested"},
    "runs": [
        {"name": f"{name}-{repeat:02d}", "provider": name, "repeat": repeat, "status": "finished"}
        for name in ("kvm", "xen")
        for repeat in (1, 2)
    ],
}
# dom0 has 600 MiB free, the hypervisor 2400, 1870 and 1340; one guest's CPU time was lost at the second boot's vm-2.
NUMBERS = [
    "xen,1,booting,0,free,paper_free,600,MiB",
    "xen,1,booting,0,xl-info,free_memory,2400,MiB",
    "xen,1,booting,0,xentop,cpu:Domain-0,3.5,percent",
    "xen,1,vm-1,1,free,paper_free,590.5,MiB",
    "xen,1,vm-1,1,xl-info,free_memory,1915289.6,KiB",
    "xen,1,vm-2,2,free,paper_free,590,MiB",
    "xen,1,vm-2,2,xl-info,free_memory,1340,MiB",
    "xen,1,vm-2,2,xentop,cpu:Domain-0,3.5,percent",
    "xen,1,vm-2,2,xentop,cpu:server1,1.25,percent",
    "xen,1,vm-2,2,xentop,cpu:server2,0.5,percent",
    "xen,2,vm-2,2,xentop,cpu:server1,1.25,percent",
    "xen,2,vm-2,2,xentop,mem:server2,524288,KiB",
    "xen,2,vm-2,2,free,paper_free,585,MiB",
    "kvm,1,vm-2,2,free,paper_free,2800,MiB",
    "kvm,2,vm-1,1,free,paper_free,3300,MiB",
]


def rows(folder: Path, name: str) -> list[tuple[Any, ...]]:
    table = load(folder).derived(name)
    assert list(table.columns) == ["hypervisor", "repeat", "stage", "guests", "value", "unit"]
    return list(table.itertuples(index=False, name=None))


def test_free_memory_of_the_machine_is_dom0s_and_the_hypervisors(tmp_path: Path) -> None:
    # 600 + 2400; 590.5 + 1915289.6 / 1024; 590 + 1340. The hypervisor's free memory was not read at the second boot.
    assert rows(write_study(tmp_path, XEN, NUMBERS), "machine_free") == [
        ("xen", 1, "booting", 0, 3000.0, "MiB"),
        ("xen", 1, "vm-1", 1, pytest.approx(2460.9), "MiB"),
        ("xen", 1, "vm-2", 2, 1930.0, "MiB"),
        ("kvm", 1, "vm-2", 2, 2800.0, "MiB"),
        ("kvm", 2, "vm-1", 1, 3300.0, "MiB"),
    ]


def test_cpu_of_the_guests_is_that_of_all_domains_but_dom0(tmp_path: Path) -> None:
    # 1.25 + 0.5. Without a guest there is no term; at the second boot one of the two guests was not read.
    assert rows(write_study(tmp_path, XEN, NUMBERS), "guest_cpu") == [("xen", 1, "vm-2", 2, 1.75, "percent")]


def test_a_number_that_was_never_read_has_no_rows(tmp_path: Path) -> None:
    assert rows(write_study(tmp_path, XEN, NUMBERS), "machine_total") == []


def test_unknown_number_is_an_error(tmp_path: Path) -> None:
    with raises_code("no-such-derived-number", "'free'") as caught:
        load(write_study(tmp_path, XEN, NUMBERS)).derived("free")
    assert "machine_free" in caught.value.hint


def derived(name: str, *terms: dict[str, Any], unit: str = "MiB") -> dict[str, Any]:
    return {"name": name, "title": name, "unit": unit, "hypervisor": "bhyve", "terms": terms}


def of(name: str, **term: Any) -> dict[str, Any]:
    return {"meter": "derived", "metric": name, **term}


def test_terms_name_other_derived_numbers_and_factors(tmp_path: Path) -> None:
    study = study_json(
        derived=[
            derived("wired", {"meter": "vmstat", "metric": "wired"}, unit="KiB"),
            derived("used", of("wired"), of("cached", factor=-1)),
            derived("cached", {"meter": "vmstat", "metric": "cache*", "but": ["cache"], "factor": 0.5}),
            derived("negative", of("used", factor=-2), unit="KiB"),
        ]
    )
    numbers = [
        "bhyve,1,vm-1,1,vmstat,wired,4096,KiB",
        "bhyve,1,vm-1,1,vmstat,cache,1000,MiB",
        "bhyve,1,vm-1,1,vmstat,cache_a,1,MiB",
        "bhyve,1,vm-1,1,vmstat,cache_b,2097152,B",
    ]
    folder = write_study(tmp_path, study, numbers)
    # 4096 KiB - (1 + 2) MiB / 2 = 2.5 MiB.
    assert [row[4] for row in rows(folder, "used")] == [2.5]
    assert [row[4] for row in rows(folder, "negative")] == [-2 * 2.5 * 1024]


@pytest.mark.parametrize("metric", ["mem:[1]", "mem:?", "mem:.*", "mem:a*"])
def test_only_a_star_stands_for_other_text(tmp_path: Path, metric: str) -> None:
    study = study_json(derived=[derived("sum", {"meter": "m", "metric": metric})])
    literal = metric.replace("*", "")
    numbers = [f"bhyve,1,vm-1,1,m,{name},1,MiB" for name in dict.fromkeys([literal, "mem:1", "mem:b"])]
    assert [row[4] for row in rows(write_study(tmp_path, study, numbers), "sum")] == [1]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ([derived("a", of("a"))], "a of bhyve is derived from itself: a -> a"),
        ([derived("a", of("b")), derived("b", of("c")), derived("c", of("a"))], "from itself: a -> b -> c -> a"),
        ([derived("a", of("x"))], "a of bhyve: there is no derived number 'x'"),
        (
            [derived("a", of("b")), derived("b", {"meter": "m", "metric": "x"}, unit="s")],
            "cannot convert s to MiB",
        ),
        ([derived("a", {"meter": "m", "metric": "x"})], "cannot convert s to MiB"),
    ],
)
def test_terms_that_cannot_be_evaluated(tmp_path: Path, terms: list[dict[str, Any]], said: str) -> None:
    folder = write_study(tmp_path, study_json(derived=terms), ["bhyve,1,vm-1,1,m,x,1,s"])
    with pytest.raises(HvlabError, match=said):
        load(folder).derived("a")


def test_terms_of_schema_1_are_sound() -> None:
    check_derived(Descriptors.model_validate(upgrade({"schema": 1}, Path("study.json"))))


def test_a_term_of_no_meter_is_found() -> None:
    described = {"hypervisors": [BHYVE], "derived": [derived("a", {"meter": "m", "metric": "x"})]}
    with raises_code("invalid-derived-number", "a of bhyve", "'m'"):
        check_derived(Descriptors.model_validate(described))


def test_units_are_1024_based() -> None:
    assert unit_factor("MiB", "KiB") == 1024
    assert unit_factor("B", "MiB") == 1 / 1024**2
    assert unit_factor("percent", "percent") == 1
