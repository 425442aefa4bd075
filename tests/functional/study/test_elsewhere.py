"""A study on a lab host that only its owner restarts: what it can do is done, the rest waits for the other kernel."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset.journal import NAME, read_journal
from dataset.measurements import read_measurements
from dataset.models import load_study
from study.plan import Plan
from tests.functional.study.fakelab import FakeLab, fake_settings, resume, take
from tests.support.errors import raises_code

XENS = HvlabError("server runs the plain kernel, xen needs Xen", "reboot it into its boot entry 'Debian, with Xen'")
PLAIN = HvlabError("server runs under Xen, kvm needs the plain kernel", "reboot it into its boot entry 'Debian'")


def lab_of(tmp_path: Path, **elsewhere: HvlabError) -> FakeLab:
    lab = FakeLab(tmp_path / "state", fake_settings(1))
    lab.elsewhere = elsewhere
    return lab


def statuses(folder: Path) -> dict[str, str]:
    return {run.name: run.status for run in load_study(folder).runs}


def test_what_can_be_done_is_done_and_the_rest_waits_until_resume(tmp_path: Path) -> None:
    root = tmp_path / "studies"
    lab = lab_of(tmp_path, kvm=PLAIN)
    with pytest.raises(HvlabError) as raised:
        take(root, lab_of(tmp_path, xen=XENS), Plan(("xen", "kvm"), 1, 7))
    assert raised.value.message == f"runs that need another kernel: xen-01: {XENS.message}"
    assert raised.value.hint == f"{XENS.hint}, then ./invoke study.resume"
    (folder,) = (path.parent for path in root.glob("[!.]*/study.json"))
    assert statuses(folder) == {"kvm-01": "finished", "xen-01": "planned"}
    assert load_study(folder).finished is None
    assert not (root / "latest").exists()
    assert {row.provider for row in read_measurements(folder)} == {"kvm"}
    waited = [event for event in read_journal(folder / NAME) if event["event"] == "runs wait for another kernel"]
    assert [event["runs"] for event in waited] == [["xen-01"]]
    # The lab host is under Xen now: kvm, which would be in its way, is done.
    before = lab.boots
    with raises_code("runs-failed", "xen-01"):
        # The stand-in has no Xen, so the run begins and fails: it is no longer left for another kernel.
        resume(folder, lab)
    assert lab.boots == before + 1
    assert statuses(folder) == {"kvm-01": "finished", "xen-01": "failed"}


def test_a_failed_run_does_not_hide_that_another_waits(tmp_path: Path) -> None:
    with pytest.raises(HvlabError) as raised:
        # The stand-in has no VirtualBox.
        take(tmp_path / "studies", lab_of(tmp_path, xen=XENS), Plan(("xen", "virtualbox"), 1, 7))
    assert raised.value.message.startswith("1 of 2 runs failed: virtualbox-01: ")
    assert raised.value.message.endswith(f"; runs that need another kernel: xen-01: {XENS.message}")
    assert "study.resume" in raised.value.hint


def test_a_study_of_which_nothing_can_be_done_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="xen needs Xen"):
        take(tmp_path / "studies", lab_of(tmp_path, xen=XENS), Plan(("xen",), 1, 7))
    assert not (tmp_path / "studies").exists()
