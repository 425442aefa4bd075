"""Pictures, settling curves and the captures behind them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset import load
from dataset.captures import write_capture
from dataset.journal import Journal
from dataset.settling import read_curves
from report.figures.pictures import pictures_of
from report.figures.screenshots import MANAGER, screen, terminal
from report.tables.settling import settling_times
from tests.support.pages import page

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]
FREE = "              total        used\nMem:           3917         315\n"
WINDOW = "The manager\N{RIGHT SINGLE QUOTATION MARK}s window"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def capture(folder: Path, provider: str, meter: str, output: str, command: str) -> None:
    path = f"runs/{provider}-01/captures/booting/{meter}.txt"
    write_capture(folder, path, output.encode(), command=command, exit_status=0, started=datetime.now(UTC), seconds=1.0)


def settling(folder: Path, **changes: object) -> None:
    event: dict[str, object] = {
        "provider": "kvm", "repeat": 1, "stage": "vm-1", "state": "settled", "seconds": 7.3,
        "curve": [[1.0, 34052, 1.98], [2.1, 35052, 2.9]],
    }  # fmt: skip
    Journal(folder / "journal.jsonl").append("settling", **(event | changes))


def test_a_terminal_picture_is_the_capture(make_study: MakeStudy) -> None:
    folder = make_study()
    capture(folder, "xen", "free", f"{FREE}\n{FREE}\n{FREE}", "LC_ALL=C free -m -s 1 -c 3")
    found = terminal(load(folder), "xen", "booting", "free")
    assert found is not None
    assert (found.command, found.text, found.more) == ("free -m -s 1 -c 3", FREE.rstrip("\n"), 2)
    text = page(folder)
    assert "root@labhost:~# free -m -s 1 -c 3" in text
    assert "the first of 3 samples" in text
    assert "Figure 3, KVM\N{RIGHT SINGLE QUOTATION MARK}s memory test: no capture of it is in this dataset." in text
    assert "LC_ALL=C free -m -s 1 -c 3" in text  # Table A5


def test_the_published_study_has_no_pictures() -> None:
    dataset = load(REFERENCE)
    assert terminal(dataset, "xen", "booting", "free") is None
    assert not any(group.figures for group in pictures_of(dataset, "vm-4").windows)
    text = page(REFERENCE)
    for number in (2, 3, 4, 5, 7):
        assert f"Figure {number}, " in text


def test_a_managers_window_is_shown(make_study: MakeStudy) -> None:
    folder = make_study()
    path = folder / "runs" / "virtualbox-01" / "screens" / "manager.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(PNG)
    found = screen(load(folder), "virtualbox", MANAGER)
    assert found is not None
    assert found.path == "runs/virtualbox-01/screens/manager.png"
    assert [screen(load(folder), name, MANAGER) for name in ("kvm", "xen")] == [None, None]
    assert f"<b>Figure 5.</b> {WINDOW} under VirtualBox: " in page(folder)
    path.write_bytes(b"GIF")
    with pytest.raises(HvlabError, match="is no PNG picture"):
        page(folder)


def test_virt_manager_is_shown_under_each_hypervisor_that_it_manages(make_study: MakeStudy) -> None:
    folder = make_study()
    for provider in ("xen", "kvm"):
        path = folder / "runs" / f"{provider}-01" / "screens" / "manager.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(PNG)
        path.with_name("server1.png").write_bytes(PNG)
    text = page(folder)
    assert f"<b>Figure 4a.</b> {WINDOW} under Xen: virt-manager." in text
    assert f"<b>Figure 4b.</b> {WINDOW} under KVM: virt-manager." in text
    assert "The screen of the guest server1 after the last reading: Xen, KVM." in text
    (folder / "runs/kvm-01/screens/manager.png").unlink()
    assert f"<b>Figure 4.</b> {WINDOW} under Xen: virt-manager." in page(folder)


def test_settling_curves_come_from_the_journal(make_study: MakeStudy) -> None:
    folder = make_study()
    assert read_curves(folder, load(folder).study) == []
    settling(folder, seconds=99.0)
    settling(folder)  # the run was begun again: the last counts
    settling(folder, repeat=2, seconds=60.0, state="gave up")
    settling(folder, repeat=9)  # of no finished run
    curves = read_curves(folder, load(folder).study)
    assert [(it.repeat, it.seconds) for it in curves] == [(1, 7.3), (2, 60.0)]
    found = settling_times(curves)["kvm", "vm-1"]
    assert (found.seconds, found.n, found.gave_up) == ((7.3 + 60) / 2, 2, 1)
    text = page(folder)
    assert "Figure S1." in text
    assert "33.6 (1 of 2)" in text or "33.7 (1 of 2)" in text
    assert "Of 2 readings 1 was taken before the host had come to rest." in text


@pytest.mark.parametrize("changes", [{"curve": [[1.0, "much", 2.0]]}, {"stage": "lunch"}, {"provider": "bochs"}])
def test_a_damaged_curve_is_named(make_study: MakeStudy, changes: dict[str, object]) -> None:
    folder = make_study()
    settling(folder, **changes)
    with pytest.raises(HvlabError, match=r"journal\.jsonl: settling at 20.* is not as"):
        read_curves(folder, load(folder).study)


def test_a_damaged_index_is_named(make_study: MakeStudy) -> None:
    folder = make_study()
    index = folder / "runs/kvm-01/captures/vm-4/index.json"
    index.parent.mkdir(parents=True)
    index.write_text(json.dumps({"free.txt": {"command": 1}}), encoding="utf-8")
    with pytest.raises(HvlabError, match=r"vm-4/index\.json"):
        page(folder)
