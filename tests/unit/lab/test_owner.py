"""One command has a lab at a time; the next is told which; a killed one's name can still be read."""

import os
import tempfile
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.state.lock import TEMPORARY, acquire_lab, in_use, killed_owner
from lab.state.processes import MARK, lab_name
from tests.support.errors import raises_code


def test_what_is_started_and_written_meanwhile_is_the_labs(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    with acquire_lab(tmp_path):
        assert os.environ[MARK] == lab_name(tmp_path)
        assert Path(tempfile.mkdtemp()).parent == tmp_path / TEMPORARY
    assert MARK not in os.environ
    assert tempfile.gettempdir() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", [["tmp/precious"], ["moduli", "ssh_config"], ["thesis.md"], ["lock/x", "tmp/y"]])
def test_a_folder_that_is_somebody_elses_is_left_alone(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    with pytest.raises(HvlabError, match=f"no lab's folder: it has {Path(names[0]).parts[0]}"), acquire_lab(tmp_path):
        pass
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(names)


@pytest.mark.parametrize("name", ["console.log", "steps.jsonl", "vagrant-home/x", "guest-build/x", "lock"])
def test_what_a_lab_leaves_is_its_folder_still(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    with acquire_lab(tmp_path):
        assert in_use(tmp_path)


@pytest.mark.parametrize("folder", ["/etc/passwd", "/dev/null/lab", "/proc/lab"])
def test_a_folder_that_cannot_be_is_told(folder: str) -> None:
    assert killed_owner(Path(folder)) is None
    with pytest.raises(HvlabError, match=r"cannot be written: [NF]") as refusal, acquire_lab(Path(folder)):
        pass
    assert "HVLAB_STATE" in refusal.value.hint


def test_a_folder_that_a_purge_removes_meanwhile_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, plain = tmp_path / "lab", os.open

    def removed(path: Path, *words: int) -> int:
        monkeypatch.setattr(os, "open", plain)
        state.rmdir()
        return os.open(path, *words)

    monkeypatch.setattr(os, "open", removed)
    with acquire_lab(state):
        assert in_use(state)


def test_it_is_given_back_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="of its own"), acquire_lab(tmp_path):
        raise HvlabError("of its own")
    assert not in_use(tmp_path)
    assert MARK not in os.environ


def test_two_labs_have_two_names(tmp_path: Path) -> None:
    assert lab_name(tmp_path / "a") != lab_name(tmp_path / "b")
    assert lab_name(tmp_path / "a") == lab_name(tmp_path / "b" / ".." / "a")
    with acquire_lab(tmp_path / "a"), acquire_lab(tmp_path / "b"):
        assert in_use(tmp_path / "a")
        assert in_use(tmp_path / "b")


@pytest.mark.parametrize("mode", [0o777, 0o703])
def test_a_folder_that_others_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    tmp_path.chmod(mode)
    with raises_code("foreign-state", str(tmp_path)), acquire_lab(tmp_path):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("name", ["", "rollback.sh"])
def test_root_runs_nothing_that_somebody_else_can_change(name: str, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "rollback.sh").write_text("touch hacked")
    os.chown(tmp_path / name, 65534, 65534)
    with raises_code("foreign-state", "65534"), acquire_lab(tmp_path):
        pass
