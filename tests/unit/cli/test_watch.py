"""study.watch: what is new, which study it is held against, and what the exit status says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands.study import COST_CHANGED
from dataset.models import load_study
from lab.images.archive import ArchiveMovedError
from lab.images.host import Origin
from lab.images.offered import KERNEL, packages_behind
from lab.settings import Settings
from study.watch import NewVersion, look, new_versions, newest
from tests.plugged import FOLDER, plugged_in
from tests.support.commands import Commands
from tests.support.errors import raises_code
from tests.support.made_up import edited
from tests.support.many_studies import DEARER_FROM, write_many

PACKAGES = {KERNEL: "7.0.1-1", "qemu-system-x86": "1:11.0.0+ds-1"}


@pytest.fixture
def studies(tmp_path: Path) -> list[Path]:
    """Studies under all hypervisors, each with the packages' versions; the last one's guests take more."""
    folders = write_many(tmp_path, DEARER_FROM + 1, providers=("kvm",))
    for folder in folders:
        with edited(folder) as info:
            info["environment"]["versions"] |= {f"package {name}": it for name, it in PACKAGES.items()}
    return folders


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the mirror offers; without one it cannot be asked."""
    offers = dict(PACKAGES)

    def offered(_origin: Origin, names: tuple[str, ...]) -> dict[str, str]:
        if not offers:
            raise ArchiveMovedError("the archive does not have qemu-system-x86")
        assert set(offers) <= set(names)
        return offers

    monkeypatch.setattr("study.watch.offered", offered)
    return offers


Watch = Callable[..., Any]


@pytest.fixture
def watch(call: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Call the command; the study that it runs is the one whose folder is given."""
    done: list[str] = []

    def run(*words: str, makes: Path | None = None) -> Any:
        def study(*_: object, **__: object) -> Path | None:
            done.append("study")
            return makes

        monkeypatch.setattr("commands.study.PROJECT", tmp_path)
        monkeypatch.setattr("commands.study.build_site", lambda folder: done.append(f"site {folder}"))
        monkeypatch.setattr("commands.study._study", study)
        monkeypatch.setattr("lab.images.offered.forget_older", lambda *_: done.append("image"))
        done.clear()
        found = call("study.watch", "--provider=kvm", *words)
        return found.status, list(done), found.stdout + found.stderr

    return run


def test_nothing_new_runs_nothing(studies: list[Path], mirror: dict[str, str], watch: Watch) -> None:
    status, done, said = watch("--folder=out")
    assert (status, done) == (0, ["site out"])
    assert f"nothing new since study {studies[-1].name}" in said


def test_a_new_version_without_a_change(studies: list[Path], mirror: dict[str, str], watch: Watch) -> None:
    mirror["qemu-system-x86"] = "1:11.1.0+ds-1"
    assert watch("--dry-run")[:2] == (0, [])
    # The one before is not dearer: the newest is moved away to be what is run.
    away = studies[-1].rename(studies[-1].parent.parent / "away")
    again = studies[-2].rename(studies[-2].parent.parent / "again")
    status, done, said = watch(makes=again)
    assert (status, done) == (0, ["image", "study", "site "])
    assert "qemu-system-x86 1:11.0.0+ds-1 -> 1:11.1.0+ds-1" in said
    assert ": of 5 costs 0 changed, " in said
    status, done, said = watch(makes=away)
    assert (status, done) == (COST_CHANGED, ["image", "study", "site "])
    assert "KVM, per-guest: 5" in said


def test_the_first_study_is_compared_with_none(tmp_path: Path, mirror: dict[str, str], watch: Watch) -> None:
    (folder,) = write_many(tmp_path / "elsewhere", 1, providers=("kvm",))
    status, done, said = watch(makes=folder)
    assert (status, done) == (0, ["image", "study", "site "])
    assert f"{KERNEL} unknown -> 7.0.1-1" in said


def test_a_mirror_that_cannot_be_asked_is_an_error(studies: list[Path], mirror: dict[str, str], watch: Watch) -> None:
    mirror.clear()
    status, done, said = watch()
    assert (status, done) == (1, [])
    assert "the archive does not have qemu-system-x86" in said


def test_the_study_before_is_finished_and_of_the_same_release(studies: list[Path]) -> None:
    project, settings = studies[0].parents[1], Settings()
    assert newest(project, ("kvm",), settings) == studies[-1]
    with edited(studies[-1]) as info:
        info["finished"] = None
    with edited(studies[-2]) as info:
        info["parameters"]["lab_host"] = {"release": "bookworm"}
    (studies[-3] / "study.json").write_text("{}")
    assert newest(project, ("kvm",), settings) == studies[-4]
    assert newest(project, ("kvm", "pretend"), settings) is None


def test_versions_that_were_not_recorded_are_new(studies: list[Path]) -> None:
    found = new_versions(load_study(studies[0]), {KERNEL: "7.0.1-1", "libvirt0": "12.0.0-1"})
    assert found == (NewVersion("libvirt0", "", "12.0.0-1"),)


def test_only_the_nested_lab_host_has_its_packages_from_the_mirror(tmp_path: Path) -> None:
    local = Settings.model_validate({"lab_host": {"host": "local"}})
    with raises_code("nothing-to-watch", "local"):
        look(tmp_path, local)


def test_a_plug_ins_packages_are_watched() -> None:
    with plugged_in(FOLDER):
        assert packages_behind(Origin(), ["pretend"]) == (KERNEL, "pretend")
