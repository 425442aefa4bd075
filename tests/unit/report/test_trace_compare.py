"""report.trace and report.compare."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset import Dataset, load
from dataset.captures import write_capture
from report.tools import compare, trace, trace_text
from report.tools.versions import versions_of

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]


def traced(folder: Path, text: str) -> trace.Trace:
    dataset = load(folder)
    return trace.trace(trace.Sources(dataset), trace.parse_place(text, dataset.study.hypervisors))


def test_a_number_of_table_3_leads_to_its_row_and_capture() -> None:
    found = traced(REFERENCE, "Table 3, KVM, VM-4, used")
    assert (found.value, found.unit, found.derivation) == (2453, "MiB", "as read")
    (origin,) = found.origins
    line = (REFERENCE / "measurements.csv").read_text(encoding="utf-8").splitlines()[origin.line - 1]
    assert line == "kvm,1,vm-4,4,free,paper_used,2453,MiB,published/memory.csv"
    text = trace_text.as_text(found)
    assert text.startswith("Table 3, KVM, VM-4, used: 2453 MiB\n")
    assert "command: not recorded by this study" in text


def test_command_and_digest_come_from_the_index(make_study: MakeStudy) -> None:
    folder = make_study()
    capture = "runs/kvm-02/captures/vm-4/free.txt"
    info = write_capture(
        folder, capture, b"x", command="free -m", exit_status=0, started=datetime.now(UTC), seconds=1.0
    )
    found = traced(folder, "table 3,kvm,vm-4,free")
    assert found.derivation == "mean of 2 boots"
    assert [it.sha256 for it in found.origins] == ["", info.sha256]
    assert "command: free -m" in trace_text.as_text(found)


def test_worked_out_numbers(make_study: MakeStudy) -> None:
    folder = make_study()
    taken = traced(folder, "Table 3a, Xen, VM-2")
    assert taken.value == pytest.approx(400.5 + 2 * 530)
    assert {it.meter for it in taken.origins} == {"free", "xl-info"}
    slope = traced(folder, "Table 3b, KVM")
    assert slope.value == pytest.approx(560)
    assert {it.capture.split("/")[3] for it in slope.origins} == {"vm-1", "vm-4"}
    fixed = traced(folder, "Table 3b, KVM, fixed")
    assert fixed.value == pytest.approx(210.5)
    assert fixed.origins == slope.origins
    rest = traced(folder, "Table 4, KVM, rest")
    assert rest.value == pytest.approx(0.36, abs=0.01)
    assert {it.metric for it in rest.origins} == {"idle", "user", "sys", "guest"}
    assert traced(folder, "Figure 8, VirtualBox, idle").value == pytest.approx(91.995)
    assert traced(folder, "Table 9c, KVM, allocated").unit == "B"


def test_a_stage_without_its_hyphen_is_recognised() -> None:
    with pytest.raises(HvlabError) as caught:
        traced(REFERENCE, "Table 3, KVM, VM4, used")
    assert caught.value.code == "unknown-number"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean VM-4? ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to trace"),
        ("Table 7, KVM", "no numbers can be traced in 'table 7'"),
        ("Table 3, KVM, VM-4, usd", "cannot tell which number"),
        ("Table 3, VM-4, used", "cannot tell which number"),
        ("Table 3, KVM, used", "names no stage"),
        ("Table 3, KVM, VM-9, used", "used of KVM at vm-9 was not read in study paper-2011"),
        ("Table 4, KVM, user", "user of KVM was not read"),
        ("Table 3a, KVM, VM-9", "taken of KVM at vm-9 was not read"),
    ],
)
def test_what_cannot_be_traced_is_said(text: str, says: str) -> None:
    with pytest.raises(HvlabError, match=says):
        traced(REFERENCE, text)


def two(make_study: MakeStudy, tmp_path: Path, change: Callable[[list[object]], bool], **how: int) -> list[Dataset]:
    before = make_study(**how).rename(tmp_path / "before")
    return [load(before), load(make_study(keep=change, **how))]


def test_a_study_beside_itself_has_no_change(make_study: MakeStudy) -> None:
    for folder in (REFERENCE, make_study(repeats=5)):
        dataset = load(folder)
        found = compare.compare(dataset, dataset)
        assert not any(it.changed for it in found.changes)
        assert found.settings == ()
        assert " 0 changed, " in compare.as_text(dataset, dataset, found)
        # One reading cannot show that nothing changed; five that hardly differ can.
        assert any(it.open for it in found.changes) == (folder == REFERENCE)


def dearer(row: list[object]) -> bool:
    """KVM's guests take 50 MiB more each."""
    if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
        row[6] = float(str(row[6])) - 50 * int(str(row[3]))
    return True


def test_the_planted_change_and_no_other_is_found(make_study: MakeStudy, tmp_path: Path) -> None:
    before, after = two(make_study, tmp_path, dearer, repeats=3)
    found = compare.compare(before, after)
    changed = {(it.provider, it.quantity, it.stage) for it in found.changes if it.changed}
    stages = [f"vm-{n}" for n in range(1, 5)]
    assert changed == {("kvm", q, s) for q in ("free", "taken") for s in stages} | {("kvm", "per-guest", None)}
    text = compare.as_text(before, after, found)
    assert "KVM, per-guest: 560.00 -> 610.00 MiB, +50.00 (95 %: +50.00 to +50.00)" in text
    assert "one boot" not in text


def test_a_change_within_chance_is_none(make_study: MakeStudy, tmp_path: Path) -> None:
    def noisy(row: list[object]) -> bool:
        if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
            row[6] = float(str(row[6])) - 100 * (int(str(row[1])) - 2)
        return True

    before, after = two(make_study, tmp_path, noisy, repeats=3)
    found = compare.compare(before, after)
    assert not any(it.changed for it in found.changes)
    assert all(
        it.open for it in found.changes if it.provider == "kvm" and it.quantity == "taken" and it.stage == "vm-4"
    )


def test_settings_and_what_only_one_has(make_study: MakeStudy, tmp_path: Path) -> None:
    before, after = two(make_study, tmp_path, lambda row: row[4] != "disk", repeats=1)
    found = compare.compare(before, after)
    assert {it.quantity for it in found.changes if it.changed} == {"apparent", "allocated"}
    assert "Xen, apparent: only in the first study" in compare.as_text(before, after, found)
    other = compare.compare(load(REFERENCE), after)
    assert ("parameters.guest_os", "centos-5.5", "debian-12") in other.settings
    text = compare.as_text(load(REFERENCE), after, other)
    assert "a number of one boot has no interval, so chance cannot be told from change" in text


def upgraded(folder: Path, release: str, versions: dict[str, str]) -> Dataset:
    """Return a study as one of another release of the lab host."""
    file = folder / "study.json"
    info = json.loads(file.read_text())
    info["parameters"]["lab_host"] = {"release": release}
    info["environment"] |= {"kind": "nested", "versions": versions}
    file.write_text(json.dumps(info))
    return load(folder)


def test_versions_stand_beside_the_numbers_of_an_upgrade(make_study: MakeStudy, tmp_path: Path) -> None:
    old = {"kernel": "6.12.48", "qemu": "10.0.2", "libvirt": "11.3.0", "xen": "4.20.0"}
    new = {"kernel": "7.2.1", "qemu": "11.1.0", "libvirt": "11.3.0", "xen": "4.20.0", "virtualbox": "7.2.14"}
    before = upgraded(make_study(repeats=3).rename(tmp_path / "before"), "trixie", old)
    after = upgraded(make_study(keep=dearer, repeats=3), "sid", new)
    found = compare.compare(before, after)
    assert [(it.component, it.before, it.after) for it in found.versions["kvm"]] == [
        ("qemu", "10.0.2", "11.1.0"),
        ("libvirt", "11.3.0", "11.3.0"),
        ("kernel", "6.12.48", "7.2.1"),
        ("host operating system", "Debian trixie", "Debian sid"),
    ]
    text = compare.as_text(before, after, found)
    host = "kernel 6.12.48 -> 7.2.1, host operating system Debian trixie -> Debian sid"
    kvm = f"KVM (qemu 10.0.2 -> 11.1.0, libvirt 11.3.0, {host}):\n  KVM, "
    assert kvm in text
    assert f"Xen (xen 4.20.0, libvirt 11.3.0, {host}):\n  no number has clearly changed\n" in text
    assert f"VirtualBox (virtualbox unknown -> 7.2.14, {host}):" in text
    # Each number stands below its own hypervisor's versions.
    assert text.index("KVM (") < text.index("KVM, per-guest: 560.00 -> 610.00") < text.index("VirtualBox (")


def test_what_no_study_read_is_not_shown(make_study: MakeStudy) -> None:
    dataset = load(make_study())
    found = compare.compare(dataset, dataset)
    assert [str(it) for it in found.versions["xen"]] == ["xen 4.17"]
    assert found.versions["kvm"] == ()
    assert "KVM (versions unknown):" in compare.as_text(dataset, dataset, found)


def test_a_hypervisor_that_does_not_say_its_components_has_the_version_of_its_name(make_study: MakeStudy) -> None:
    study = load(make_study()).study
    silent = study.model_copy(
        update={"hypervisors": tuple(it.model_copy(update={"components": ()}) for it in study.hypervisors)}
    )
    assert [str(it) for it in versions_of("xen", silent, silent)] == ["xen 4.17"]
    # One of two studies that says them is enough.
    assert [str(it) for it in versions_of("xen", silent, study)] == ["xen 4.17"]
    assert [str(it) for it in versions_of("pretend", silent, silent)] == []
