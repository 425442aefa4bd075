"""What the present inputs name stays in the cache; the rest goes, unless somebody uses it."""

from pathlib import Path

import pytest

from lab.images import inventory
from lab.images.acceleration import remembered_answer
from lab.images.cache import CacheLockedError, NotBuiltError, cached, locked, manifest, naming
from lab.images.inventory import items, open_below, print_items, prune, wanted_names
from lab.settings import Settings
from tests.support.images import request_only, thing


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def compound(version: str) -> Path:
    """Build something that takes another thing from the cache."""

    def build(folder: Path) -> dict[str, object]:
        (folder / "file").write_bytes((thing("part", version) / "file").read_bytes())
        return {}

    return cached("whole", {"version": version}, build)


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_only_what_is_named_stays(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = thing("host", "1"), thing("host", "2")
    request_only(monkeypatch, lambda: thing("host", "2"))
    assert prune(Settings(), dry_run=True) == {old.name: ""}
    assert old.is_dir()
    assert prune(Settings(), dry_run=False) == {old.name: ""}
    assert names(root) == {new.name, f"{new.name}.lock"}
    assert thing("host", "1").is_dir()


def test_what_went_into_a_used_thing_is_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, loose = compound("1"), thing("part", "2")
    (part,) = [path for path in root.glob("part-*") if path.is_dir() and path != loose]
    assert manifest(whole)["uses"] == [part.name]
    request_only(monkeypatch, lambda: compound("1"))
    assert set(prune(Settings(), dry_run=False)) == {loose.name}


def test_asking_builds_nothing(root: Path) -> None:
    with naming() as asked, pytest.raises(NotBuiltError):
        compound("1")
    assert [name.split("-")[0] for name in asked] == ["whole"]
    assert not root.exists()
    assert wanted_names([lambda: compound("1")]) == set(asked)


def test_what_is_open_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    used = thing("host", "1")
    request_only(monkeypatch)
    with (used / "file").open():
        assert "has files of it open" in prune(Settings(), dry_run=False)[used.name]
    assert used.is_dir()
    assert open_below(used) is None
    assert prune(Settings(), dry_run=False) == {used.name: ""}


def test_leftovers_go_and_media_stay(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request_only(monkeypatch)
    (root / ".host-0123456789abcdef.making" / "root").mkdir(parents=True)
    (root / "guest-0123456789abcdef.lock").touch()
    (root / "accelerator-machine-of-yesterday").touch()
    (root / "durations-machine").touch()
    (root / remembered_answer().name).touch()
    (root / "media" / "centos-5.5").mkdir(parents=True)
    (root / "somebody's notes").touch()
    prune(Settings(), dry_run=False)
    assert names(root) == {"media", "durations-machine", remembered_answer().name, "somebody's notes"}


def test_sizes_and_use(root: Path) -> None:
    made = thing("host", "1")
    (item,) = [item for item in items({made.name}) if item.kind != "lock"]
    assert (item.kind, f"host-{item.key}", item.used) == ("host", made.name, True)
    assert 5000 <= item.size < 40_000
    assert not any(item.used for item in items(set()) if item.kind == "host")


def test_the_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    made, other = thing("host", "1"), thing("host", "2")
    request_only(monkeypatch, lambda: thing("host", "1"))
    print_items(Settings())
    lines = capsys.readouterr().out.splitlines()
    words = {line.split()[1]: line.split()[-1] for line in lines if line.startswith("host")}
    assert words == {made.name.split("-")[1]: "yes", other.name.split("-")[1]: "no"}


def test_the_projects_own_requests_build_nothing(root: Path) -> None:
    wanted = wanted_names(inventory.requests(Settings()))
    assert {"host", "emulator", "guest"} <= {name.rpartition("-")[0] for name in wanted}
    assert not root.exists()


def test_a_lock_that_was_removed_meanwhile_is_not_held(root: Path) -> None:
    lock = root / "x-0123456789abcdef.lock"
    with locked(lock):
        with pytest.raises(CacheLockedError), locked(lock, wait=False):
            pass
        lock.unlink()
        # Its name is free: whoever comes now makes a new one.
        with locked(lock, wait=False):
            assert lock.exists()
