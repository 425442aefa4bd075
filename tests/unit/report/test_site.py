"""The site: what is on it, what is made anew, what it leaves when it fails; and the changes that trends mark."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from dataset import load
from dataset.folder import hold_study
from dataset.sweep import Axis, Cell, SweepInfo, save_sweep_info
from report.inference.intervals import of_mean
from report.site import build as building
from report.site.build import Built, build, sources
from report.site.summary import Summary, summarise
from report.site.trends import series_of, version_key
from tests.support.errors import raises_code
from tests.support.many_studies import (
    DEARER_FROM,
    DEARER_MIB,
    HOSTILE,
    damage,
    make_hostile,
    stub_papers,
    unfinish,
    write_many,
)

KVM = ("kvm",)


def fine(_folder: Path) -> None:
    pass


def built(root: Path, *, papers: bool = True) -> Built:
    return build(root / "site", sources(root), fine, languages=("en", "ko"), papers=papers)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    return stub_papers(monkeypatch)


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Summary]:
    folders = write_many(tmp_path_factory.mktemp("many"), 6)
    return {folder.name: summarise(load(folder)) for folder in folders}


def test_a_change_is_marked_only_where_one_was_planted(summaries: dict[str, Summary]) -> None:
    names = list(summaries)
    found = {(it.provider, it.quantity, it.unit): it for it in series_of(summaries)}
    assert {quantity for _, quantity, _ in found} == {"per-guest", "fixed", "machine-idle", "allocated", "boot"}
    marked = {(it.provider, it.quantity): it.steps for it in found.values() if it.steps}
    assert set(marked) == {("kvm", "per-guest")}
    steps = {step.axis: step for step in marked["kvm", "per-guest"]}
    assert set(steps) == {"date", "kernel", "qemu", "libvirt"}
    for step in steps.values():
        assert (step.before, step.after) == (names[DEARER_FROM - 1], names[DEARER_FROM])
        assert step.interval.low < DEARER_MIB < step.interval.high
    point = found["kvm", "per-guest", "MiB"].points[0]
    assert point.interval == of_mean(summaries[names[0]].trends["kvm"]["per-guest"])


def test_studies_of_one_boot_and_other_experiments_have_no_change(tmp_path: Path) -> None:
    once = {it.name: summarise(load(it)) for it in write_many(tmp_path / "once", 5, repeats=1, providers=KVM)}
    assert not any(it.steps for it in series_of(once))
    folders = write_many(tmp_path / "apart", 4, providers=KVM)
    for folder in folders[DEARER_FROM:]:
        make_hostile(folder)
    apart = {it.name: summarise(load(it)) for it in folders}
    found = series_of(apart)
    assert not any(it.steps for it in found)
    assert {len(it.points) for it in found} == {3, 1}


def test_versions_are_in_their_order() -> None:
    ordered = ["4.17.5", "4.20.0~rc1", "4.20.0", "4.20.0+1", "11.0.2", "QEMU 9.1", "QEMU 10.0"]
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=version_key) == ordered


def test_what_has_not_changed_is_not_made_again(tmp_path: Path, rendered: list[tuple[str, str]]) -> None:
    folders = write_many(tmp_path, 3, providers=KVM)
    first = built(tmp_path)
    assert sorted(rendered) == sorted((it.name, lang) for it in folders for lang in ("en", "ko"))
    assert [it.name for it in first.entries] == [it.name for it in reversed(folders)]
    before = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    rendered.clear()
    built(tmp_path, papers=False)
    assert rendered == []
    # The same studies give the same bytes.
    assert before == {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    with (folders[0] / "measurements.csv").open("a") as file:
        file.write("kvm,1,vm-4,4,free,other,1,MiB,runs/kvm-01/captures/vm-4/free.txt\n")
    (folders[1] / "report").mkdir()
    (folders[1] / "report" / "paper.en.pdf").write_bytes(b"made from it")
    shutil.rmtree(folders[2])
    done = built(tmp_path)
    assert {name for name, _ in rendered} == {folders[0].name}
    assert [it.name for it in done.entries] == [folders[1].name, folders[0].name]
    assert sorted(path.name for path in (tmp_path / "site" / "studies").iterdir()) == [it.name for it in folders[:2]]


def test_a_damaged_study_is_listed_with_the_reason(tmp_path: Path, rendered: list[tuple[str, str]]) -> None:
    whole, damaged, unfinished, problem = write_many(tmp_path, 4, providers=KVM)
    damage(damaged)
    unfinish(unfinished)

    def check(folder: Path) -> None:
        if folder == problem:
            raise HvlabError("a capture changed", code="study-has-problems")

    found = build(tmp_path / "site", sources(tmp_path), check)
    states = {it.name: (it.state, it.reason) for it in found.entries}
    assert states[whole.name] == ("finished", "")
    assert states[damaged.name][0] == "refused"
    assert re.fullmatch(r"measurements\.csv:\d+: .*", states[damaged.name][1])
    assert states[unfinished.name][0] == "unfinished"
    assert states[problem.name] == ("refused", "a capture changed")
    assert {it.name for it in found.refused} == {damaged.name, problem.name}
    page = found.index.read_text(encoding="utf-8")
    assert "a capture changed" in page
    assert str(tmp_path) not in page
    assert {name for name, _ in rendered} == {whole.name}


def test_a_study_that_runs_is_not_waited_for(tmp_path: Path, rendered: list[tuple[str, str]]) -> None:
    (folder,) = write_many(tmp_path, 1, providers=KVM)
    unfinish(folder)
    with hold_study(folder):
        assert [it.state for it in built(tmp_path).entries] == ["running"]


def test_foreign_text_is_text(tmp_path: Path, rendered: list[tuple[str, str]]) -> None:
    folder = write_many(tmp_path, 1, providers=KVM)[0]
    make_hostile(folder)
    strange = folder.rename(folder.parent / "<b> %2e&'x")
    (entry,) = built(tmp_path).entries
    assert entry.name == strange.name
    assert re.fullmatch(r"study-[0-9a-f]{16}", entry.key)
    for page in (tmp_path / "site").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<img" not in text
        assert "\u202e" not in text
        assert "<b> %2e" not in text
    numbers = (tmp_path / "site" / "studies" / entry.key / "numbers.js").read_text(encoding="utf-8")
    assert "<" not in numbers
    assert HOSTILE.split()[0].replace("<", "\\u003c") in numbers


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_build_that_fails_leaves_the_site_as_it_was(
    tmp_path: Path, rendered: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write_many(tmp_path, 1, providers=KVM)
    built(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(building, "write_pages", fails)
    with pytest.raises((KeyboardInterrupt, HvlabError)):
        built(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    # What a kill left is gone after the next one.
    (tmp_path / ".site.1.part" / "studies").mkdir(parents=True)
    monkeypatch.undo()
    built(tmp_path, papers=False)
    assert not list(tmp_path.glob(".site.*.part"))


def test_what_this_machine_lacks_is_no_fault_of_a_study(
    tmp_path: Path, rendered: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(tmp_path, 1, providers=KVM)

    def render(*_: object) -> None:
        raise HvlabError("WeasyPrint lacks a library", code="missing-library")

    monkeypatch.setattr("report.site.entry.paper.render", render)
    with raises_code("missing-library"):
        built(tmp_path)
    assert not (tmp_path / "site").exists()


def test_the_finished_cells_of_a_sweep_are_studies(tmp_path: Path, rendered: list[tuple[str, str]]) -> None:
    folder, name = tmp_path / "studies" / "sweep-1", "sweep-1-01"
    (study,) = write_many(tmp_path / "made", 1, providers=KVM)
    (folder / "studies").mkdir(parents=True)
    study.rename(folder / "studies" / name)
    memory = "topology.memory_mib"
    axis = Axis(parameter=memory, title="Memory of a <guest>", unit="MiB", levels=(256, 512))
    cells = (
        Cell(number=1, values={memory: 256}, study=name, sha256="0" * 64),
        Cell(number=2, values={memory: 512}, study="sweep-1-02"),
    )
    created = datetime(2026, 12, 1, tzinfo=UTC)
    facts: dict[str, Any] = {"id": "sweep-1", "title": "A sweep", "created": created, "design": "factorial", "seed": 7}
    facts |= {"axes": (axis,), "repeats": 1, "file_sha256": "0" * 64, "cells": cells, "order": (1, 2)}
    save_sweep_info(folder, SweepInfo.model_validate(facts))
    found = built(tmp_path)
    assert [(it.name, it.key, it.state, it.note) for it in found.entries] == [
        (name, name, "finished", "A sweep: Memory of a <guest> 256 MiB")
    ]
    assert "A sweep: Memory of a &lt;guest&gt; 256 MiB" in found.index.read_text(encoding="utf-8")
    (folder / "sweep.json").write_text("{}")
    assert built(tmp_path).entries == ()


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "letter.txt").write_text("mine")
    with raises_code("not-a-site", str(tmp_path / "site")):
        built(tmp_path)
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["letter.txt"]


def test_a_kept_entry_that_is_damaged_is_made_again(tmp_path: Path, rendered: list[tuple[str, str]]) -> None:
    (folder,) = write_many(tmp_path, 1, providers=KVM)
    built(tmp_path)
    rendered.clear()
    (tmp_path / "site" / "studies" / folder.name / "entry.json").write_text('{"digest": 7}')
    assert [it.papers for it in built(tmp_path).entries] == [("en", "ko")]
    assert len(rendered) == 2
