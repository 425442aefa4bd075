"""Table 2a: what was asked for beside what each lab host showed."""

from collections.abc import Callable
from pathlib import Path

from dataset import load
from report.data.readings import Readings
from report.tables.factors import factors
from tests.support.made_up import Row, make_info, write_rows
from tests.support.pages import text_of

MakeStudy = Callable[..., Path]
ASKED = {"ksm": True, "thp": "always", "swap": True, "dom0_memory": "ballooned", "disk_strategy": "linked-clone"}
SEEN = {"ksm": "true", "thp": "always", "swap": "true", "dom0_memory": "absent", "disk_strategy": "linked-clone"}
MERGED_PAGES = 5120


def told(make_study: MakeStudy, **topology: object) -> Path:
    """A study of Xen and KVM that tells its factors; KVM's KSM has merged 5120 pages, 20 MiB."""
    providers = ["xen", "kvm"]
    info = make_info(providers, 4, 1)
    parameters = {**info["parameters"], "factors": ASKED, "topology": topology}  # type: ignore[dict-item]
    seen = {"xen": SEEN | {"thp": "absent", "dom0_memory": "ballooned"}, "kvm": SEEN}
    runs = [{**run, "factors": seen[run["provider"]]} for run in info["runs"]]  # type: ignore[attr-defined]
    return make_study(providers=tuple(providers), repeats=1, info={"parameters": parameters, "runs": runs})


def test_the_table(make_study: MakeStudy) -> None:
    text = text_of(told(make_study, session="desktop", memory_load_mib=300))
    assert "Factor Set to Xen KVM" in text
    assert "KSM (merging of equal pages) on on on" in text
    assert "Transparent huge pages always has none always" in text
    assert "Memory of dom0 ballooned ballooned has none" in text
    assert "Disks of the guests linked clone linked clone linked clone" in text
    assert "Session in the guests desktop not read back not read back" in text
    assert "Memory load in each guest, MiB 300" in text


def test_what_ksm_saved_is_told(make_study: MakeStudy) -> None:
    folder = told(make_study)
    rows: list[Row] = [list(line.split(",")) for line in (folder / "measurements.csv").read_text().splitlines()[1:]]
    capture = "runs/kvm-01/captures/vm-4/factors.txt"
    more: list[Row] = [["kvm", 1, "vm-4", 4, "factors", "ksm_pages_sharing", MERGED_PAGES, "count", capture]]
    more += [["kvm", 1, "vm-4", 4, "factors", "swap_used", 512, "KiB", capture]]
    more += [
        [
            "xen",
            1,
            stage,
            guests,
            "factors",
            "dom0_current",
            mib * 1024,
            "KiB",
            f"runs/xen-01/captures/{stage}/factors.txt",
        ]
        for stage, guests, mib in (("booting", 0, 3584), ("vm-4", 4, 1536))
    ]
    write_rows(folder, [*rows, *more])
    dataset = load(folder)
    found = factors(dataset.study, Readings(dataset.measurements, dataset.study))
    assert [(it.title, it.amounts) for it in found.effects] == [
        ("Memory that KSM saved", {"kvm": 20.0}),
        ("Swap in use", {"kvm": 0.5}),
    ]
    assert found.host_memory == {"xen": (("booting", 3584.0), ("vm-4", 1536.0))}
    text = text_of(folder)
    assert (
        "Memory that KSM saved, at the last stage: KVM 20.0 MiB. Swap in use, at the last stage: KVM 0.5 MiB." in text
    )
    assert "Memory of dom0 under Xen: Booting 3584 MiB, VM-4 1536 MiB." in text
    assert "runs/kvm-01/captures/vm-4/ disk.txt, factors.txt" in text


def test_runs_that_differ_are_all_told(make_study: MakeStudy) -> None:
    info = make_info(["kvm"], 1, 2)
    runs = [
        {**run, "factors": SEEN | {"thp": thp}}
        for run, thp in zip(info["runs"], ("always", "never"), strict=True)  # type: ignore[call-overload]
    ]
    parameters = {**info["parameters"], "factors": ASKED}  # type: ignore[dict-item]
    folder = make_study(providers=("kvm",), guests=1, info={"parameters": parameters, "runs": runs})
    assert "Transparent huge pages always always or never" in text_of(folder)


def test_a_study_that_does_not_tell_its_factors_has_no_table(make_study: MakeStudy) -> None:
    assert "Factors" not in text_of(make_study())
