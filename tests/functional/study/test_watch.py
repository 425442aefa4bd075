"""study.watch with the pretend hypervisor: a mirror gets new versions, and with one of them the guests cost more."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from commands.study import COST_CHANGED
from lab.images.offered import KERNEL, offered
from study.plan import Plan
from tests.functional.study.fakelab import FakeLab, fake_settings, make_tools, take
from tests.plugged import FOLDER, PRETEND, plugged_in
from tests.support.archives import archive
from tests.support.commands import Commands, call
from tests.support.made_up import edited

__all__ = ["call"]
VERSIONS = {KERNEL: "7.2.13-1", "pretend": "2.0-1"}
NEW = VERSIONS | {"pretend": "3.0-1"}


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    with plugged_in(FOLDER):
        yield


def study(root: Path) -> Path:
    """Run a study of two boots and two guests, in which the packages have the first versions."""
    settings = fake_settings(2)
    topology = settings.topology.model_copy(update={"session": "text"})
    lab = FakeLab(root / "state", settings.model_copy(update={"topology": topology}))
    lab.host.versions = VERSIONS
    make_tools(lab.state / "tools", {"pretendctl": (PRETEND / "tools/pretendctl").read_text()})
    return take(root / "studies", lab, Plan(("pretend",), 2, 7))


def dearer(before: Path) -> Path:
    """Return a study with the new version, in which each guest takes 60 MiB more."""
    after = Path(shutil.copytree(before, before.with_name("20991231-000000")))
    rows = (after / "measurements.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    for it in cells:
        if it[4:6] == ["pretend-stat", "free"]:
            it[6] = str(float(it[6]) - 60 * int(it[3]))
    (after / "measurements.csv").write_text("".join(",".join(it) + "\n" for it in cells))
    with edited(after) as info:
        info["id"], info["created"], info["finished"] = after.name, "2099-12-31T00:00:00Z", "2099-12-31T01:00:00Z"
        info["environment"]["versions"]["package pretend"] = NEW["pretend"]
    return after


def test_a_new_version_is_seen_run_and_judged(call: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = archive(tmp_path / "archive", VERSIONS).mirror
    made: list[Path] = []

    def run(*_: object, **__: object) -> Path:
        made.append(dearer(made[0]) if made else study(tmp_path))
        return made[-1]

    monkeypatch.setenv("HVLAB_IMAGES__MIRROR", mirror)
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("study.watch.offered", partial(offered, trust="trusted=yes"))
    monkeypatch.setattr("commands.study.PROJECT", tmp_path)
    monkeypatch.setattr("commands.study._study", run)
    monkeypatch.setattr("commands.study.build_site", lambda folder: None)
    watch = ("study.watch", "--provider=pretend")
    first = call(*watch)
    assert (first.status, len(made)) == (0, 1)
    assert "pretend unknown -> 2.0-1" in first.stdout
    again = call(*watch)
    assert (again.status, len(made)) == (0, 1)
    assert "nothing new since study" in again.stdout
    archive(tmp_path / "archive", NEW)
    changed = call(*watch)
    assert (changed.status, len(made)) == (COST_CHANGED, 2)
    assert "pretend 2.0-1 -> 3.0-1" in changed.stdout
    assert "Pretend, per-guest: 350.00 -> 410.00 MiB, +60.00" in changed.stdout
