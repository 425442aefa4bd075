"""What the paper says of a study, in words and tables."""

import html as markup
import re
from pathlib import Path

import pytest

from core.errors import HvlabError
from report.render import paper
from report.render.filters import fixed, mib
from tests.support.made_up import REFERENCE, MakeStudy, bare_runs, edited
from tests.support.pages import page, text_of


def test_published_text() -> None:
    text = text_of(REFERENCE)
    assert "VM-4 1866 468 1397 3937 2453 1483 3937 2658 1279" in text
    assert "Xen 543.7 365.3 VM-1 and VM-4 2.7" in text
    assert "idle 96.55 98.62 93.28" in text
    assert "user not read not read not read" in text
    assert "Of KVM, Xen and VirtualBox none can be called the best: they have taken 2454, 2540 and 2658 MiB" in text
    assert "KVM was read to be first, by more than the meters' resolution; one boot cannot tell" in text
    assert "Xen takes less than KVM from 12 guests" in text
    assert "Xen overtakes KVM at 12 guests" in text
    assert "about 382 MiB probably lay free in the hypervisor" in text
    assert "the images occupy 14.70, 14.95 and 15.52 GiB" in text
    assert "0.0 % larger" not in text
    assert "server1.vdi 3,984,678,912 not read" in text
    assert "since that of the hypervisor was not read" in text
    assert "Each number was published once (n = 1)" in text


def test_measured_text(make_study: MakeStudy) -> None:
    text = text_of(make_study())
    assert "Means of n = 2 boots of the lab host per hypervisor." in text
    assert "QEMU Virtual CPU <2 & more>" in text
    assert "By xentop the guests used 5.0 % of one CPU" in text
    assert "Under Xen the number of the machine's CPUs is not known" in text
    assert "runs/kvm-02/captures/vm-4/ disk.txt, free.txt, mpstat.txt" in text
    assert "Not read in this study" not in text


@pytest.mark.parametrize(
    ("topology", "says", "says_not"),
    [
        ({"session": "x-window", "memory_load_mib": 0}, "X Window session with root logged in", "MiB of its memory"),
        ({"session": "text", "memory_load_mib": 200}, "Each guest holds 200 MiB of its memory", "X Window session"),
        ({}, "The host is read", "session"),
    ],
)
def test_the_guests_session_and_load_are_told(
    make_study: MakeStudy, topology: dict[str, object], says: str, says_not: str
) -> None:
    folder = make_study()
    with edited(folder) as info:
        info["parameters"]["topology"] = topology
    environment = text_of(folder).split("Table 1.")[0]
    assert says in environment
    assert says_not not in environment
    for name, value in topology.items():
        assert f"topology.{name} {value}" in text_of(folder)


def dearer_by(row: list[object]) -> bool:
    """Make KVM's guests dearer by one MiB with each repeat: the repeats' steps are 560, 561, 562 MiB."""
    if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
        row[6] = float(str(row[6])) - int(str(row[3])) * (int(str(row[1])) - 1)
    return True


def test_intervals_of_the_cost_per_guest(make_study: MakeStudy) -> None:
    text = text_of(make_study(repeats=3, keep=dearer_by))
    assert "KVM 561.0 558.5 to 563.5 211.0" in text
    assert "Xen 530.0 530.0 to 530.0" in text
    assert "Student's over the boots of the lab host" in text
    assert "A guest costs 31.0 MiB more under KVM than under Xen (28.5 to 33.5)." in text
    assert "A guest costs 49.0 MiB more under VirtualBox than under KVM (46.5 to 51.5)." in text


def test_one_boot_has_no_interval(make_study: MakeStudy) -> None:
    text = text_of(make_study(repeats=1))
    assert "95 %" not in text
    assert "A guest costs" not in text
    mixed = text_of(make_study(keep=lambda row: row[:2] != ["kvm", 2]))
    assert "KVM 560.0 one boot only" in mixed
    assert "more under VirtualBox than under Xen" in mixed


def test_what_the_precision_came_to(make_study: MakeStudy) -> None:
    precision = {"wanted_mib": 1.0, "reached": False, "repeats": 2, "reason": "r", "half_width_mib": {"kvm": None}}
    text = text_of(make_study(info={"precision": precision}))
    assert "Asked for was a half-width of 1.0 MiB; after 2 repeats the study stopped without it." in text


def test_a_suspect_run_is_marked(make_study: MakeStudy) -> None:
    folder = make_study()
    with edited(folder) as info:
        info["runs"][0]["suspect"] = ["vm-2: [  120.0] BUG: soft <lockup>", "vm-3: again"]
    assert "suspect, since the lab host's kernel told of 2 new errors, first at vm-2: [  120.0] BUG: soft <lockup>" in (
        markup.unescape(page(folder)).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )


def test_outliers_are_named(make_study: MakeStudy) -> None:
    folder = make_study()
    assert "flagged as outliers" not in text_of(folder)
    where = "runs/kvm-02/captures/vm-2"
    with (folder / "measurements.csv").open("a") as file:
        for meter, metric, value in (("free", "paper_free", 1), ("mpstat", "idle", 0)):
            file.write(f"kvm,2,vm-2,2,{meter},samples,5,count,{where}/{meter}.txt\n")
            file.write(f"kvm,2,vm-2,2,{meter},{metric}:outliers,{value},count,{where}/{meter}.txt\n")
    text = text_of(folder)
    assert "were read from 10 samples of free and mpstat" in text
    assert "1 of free memory or idle time are flagged as outliers" in text
    assert "KVM, repeat 2, VM-2: 1 of free." in text


def test_a_run_of_another_host_is_named(make_study: MakeStudy) -> None:
    folder = make_study()
    with edited(folder) as info:
        info["runs"][1]["origin"] = {"study": "20260101-000000", "run": "xen-01", "started": None}
    assert "taken on another host, as xen-01 of study 20260101-000000" in text_of(folder)


def test_nothing_is_said_of_chance_when_read_once(make_study: MakeStudy) -> None:
    text = text_of(make_study(repeats=1))
    assert "Each number was read in one boot (n = 1); whether a difference is due to chance cannot be told" in text


def test_one_provider_without_disk_and_manager(make_study: MakeStudy) -> None:
    stages = ("booting", "vm-1", "vm-2", "vm-3", "vm-4")
    text = text_of(make_study(providers=("kvm",), stages=stages, without=("disk",)))
    assert "Not read in this study: Manager." in text
    assert "Figure 9: disk use was not read in this study." in text
    assert "A further guest takes 560.0 MiB under KVM; there is nothing to compare it with." in text
    assert "Booting 3937.0 210.5 3726.5 Manager not read not read not read VM-1" in text


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (("free", "xl-info"), "Table 3 and Figure 6: memory was not read in this study."),
        (("mpstat",), "Table 4 and Figure 8: CPU use at VM-4 was not read in this study."),
        (("xentop",), "What the guests used was not read in this study"),
        (("xl-info",), "since that of the hypervisor was not read"),
    ],
)
def test_missing_meter_is_said(make_study: MakeStudy, without: tuple[str, ...], said: str) -> None:
    assert said in text_of(make_study(without=without))


def test_unfinished_bare_study(make_study: MakeStudy) -> None:
    environment = {"kind": "nested", "hardware": [], "partitions": [], "versions": {}}
    info: dict[str, object] = {"finished": None, "environment": environment, "runs": bare_runs()}
    text = text_of(make_study(guests=1, repeats=1, info=info))
    assert "This study is not finished" in text
    assert "Hardware not read in this study" in text
    assert "start not read to end not read" in text
    assert "without which no cost per guest can be told" in text


def test_stage_that_did_not_settle_is_marked(make_study: MakeStudy) -> None:
    timing = {"stage": "vm-1", "settling_s": 600.0, "settled": False}
    run = {"name": "kvm-01", "provider": "kvm", "repeat": 1, "status": "finished", "timings": [timing]}
    text = text_of(make_study(info={"runs": [run]}))
    assert "VM-1, not settled not read 600.0 not read not read" in text
    assert "the host was read although it had not come to rest" in text


def test_host_read_without_guests(make_study: MakeStudy) -> None:
    text = text_of(make_study(stages=("booting",)))
    assert "VM-1 not read" in text


def test_study_without_usable_numbers(make_study: MakeStudy, tmp_path: Path) -> None:
    nothing = make_study(keep=lambda _row: False)
    with pytest.raises(HvlabError, match="no reading of memory, CPU or disk"):
        paper.render(nothing, tmp_path / "out")
    other = make_study(keep=lambda row: row[5] == "total_memory" and row[2] == "nowhere")
    with pytest.raises(HvlabError, match="no reading"):
        paper.render(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_alternative_texts_come_from_the_data(make_study: MakeStudy) -> None:
    alts = re.findall(r'<img [^>]*alt="(.*?)">', page(make_study(providers=("kvm",), repeats=1)))
    assert len(alts) == 7
    assert re.match(r"Bar chart of the scores.*: KVM [0-9.]+\.$", alts[0])
    assert alts[1].startswith("Block diagram")
    alts = alts[2:]
    assert "KVM: Booting 210, Manager 210, VM-1 770" in alts[0]
    assert "KVM: idle 96.40" in alts[1]
    assert "KVM: apparent 80.00, allocated 12.00." in alts[2]
    # All but the last, which tells the numbers of 2011 as well.
    assert not any("Xen" in text for text in alts[:-1])


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert fixed(-0.04, 1) == "0.0"
    assert fixed(-0.06, 1) == "\N{MINUS SIGN}0.1"
    assert mib(-0.01) == "0.0"
