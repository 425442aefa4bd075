"""No path that a study names leads out of its folder, whoever reads it."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset import load
from dataset.captures import check_index, read_index, write_capture
from dataset.files import read_bytes, sha256_of
from dataset.journal import Journal
from dataset.paths import in_study, is_file_name, is_inside
from tests.support.errors import raises_code
from tests.unit.dataset.studies import HEADER, study_json, write_study

OUT = ["../x", "a/../../x", "/etc/passwd", "a/..", "", ".", "a\nb", "a\x00b", "\ud800", "a" * 256, "a/" * 1100 + "a"]


@pytest.mark.parametrize("path", OUT)
def test_paths_that_lead_out(tmp_path: Path, path: str) -> None:
    assert not is_inside(path)
    assert not is_file_name(path)
    with raises_code("leads-out"):
        in_study(tmp_path, path)
    with pytest.raises(HvlabError) as refusal:
        in_study(tmp_path, path)
    assert refusal.value.code == "leads-out"
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("path", ["a", "runs/kvm-01/captures/vm-1/free.txt", "..a/b..", "a b/'c\""])
def test_paths_inside(tmp_path: Path, path: str) -> None:
    assert in_study(tmp_path, path) == tmp_path / path
    assert is_file_name(path) == ("/" not in path)


def test_links_that_lead_out(tmp_path: Path) -> None:
    study = tmp_path / "study"
    (study / "runs").mkdir(parents=True)
    (tmp_path / "secret").write_text("s")
    (study / "runs/file").symlink_to("../../secret")
    (study / "runs/folder").symlink_to(tmp_path)
    (study / "runs/inside").symlink_to("file2")
    for path in ("runs/file", "runs/folder/secret"):
        with raises_code("leads-out"):
            in_study(study, path)
    assert in_study(study, "runs/inside")
    (study / "runs/loop").symlink_to("loop")
    assert not in_study(study, "runs/loop").exists()


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("/etc/hostname"), lambda path: path.symlink_to("/dev/zero"), Path.mkdir],
)
def test_only_regular_files_are_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "file")
    for read in (read_bytes, sha256_of):
        with pytest.raises(HvlabError) as refusal:
            read(tmp_path / "file")
        assert refusal.value.code == "not-a-regular-file"


def test_nothing_is_appended_to_what_a_link_leads_to(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("no newline")
    (tmp_path / "journal.jsonl").symlink_to("other")
    with pytest.raises(OSError, match="symbolic links"):
        Journal(tmp_path / "journal.jsonl").append("a")
    assert other.read_text() == "no newline"


def test_a_capture_is_not_written_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "study").mkdir()
    (tmp_path / "study/runs").symlink_to("../away")
    with pytest.raises(HvlabError) as refusal:
        write_capture(
            tmp_path / "study", "runs/a/captures/vm-1/free.txt", b"", command="", exit_status=0,
            started=datetime.now(UTC), seconds=0,
        )  # fmt: skip
    assert refusal.value.code == "leads-out"
    assert list((tmp_path / "away").iterdir()) == []


def test_a_study_that_is_reached_by_a_link_is_no_way_out(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "latest").symlink_to("study")
    assert in_study(tmp_path / "latest", "a") == tmp_path / "latest/a"


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b"])
def test_a_capture_leads_nowhere_else(tmp_path: Path, path: str) -> None:
    folder = write_study(tmp_path, study_json())
    (folder / "measurements.csv").write_text(f"{HEADER}\nbhyve,1,vm-1,1,m,x,1,s,{path}\n")
    with raises_code("invalid-dataset", ":2: capture"):
        load(folder)


def test_a_dataset_gives_paths_of_its_own_files_only(tmp_path: Path) -> None:
    dataset = load(write_study(tmp_path, study_json()))
    assert dataset.file("runs/a.txt") == tmp_path / "runs/a.txt"
    with raises_code("leads-out"):
        dataset.file("../a.txt")


@pytest.mark.parametrize("name", ["../../study.json", "a/b", "..", "/etc/passwd", ""])
def test_an_index_names_files_of_its_folder(tmp_path: Path, name: str) -> None:
    entry = {"command": "c", "exit_status": 0, "started": "2026-11-22T21:00:00Z", "seconds": 1, "sha256": "0" * 64}
    (tmp_path / "index.json").write_text(json.dumps({name: entry}))
    with raises_code("invalid-dataset"):
        read_index(tmp_path / "index.json")


def test_a_capture_that_is_a_link_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "free.txt").symlink_to("/etc/hostname")
    entry = {"command": "c", "exit_status": 0, "started": "2026-11-22T21:00:00Z", "seconds": 1, "sha256": "0" * 64}
    (folder / "index.json").write_text(json.dumps({"free.txt": entry}))
    assert check_index(tmp_path, folder) == [f"runs/free.txt: {folder}/free.txt is no regular file"]


@pytest.mark.parametrize("name", ["../kvm-01", "kvm-1", "x", "kvm-02"])
def test_a_run_is_called_as_its_folder(tmp_path: Path, name: str) -> None:
    run = {"name": name, "provider": "bhyve", "repeat": 1, "status": "finished"}
    with raises_code("invalid-dataset", "bhyve-01"):
        load(write_study(tmp_path, study_json(runs=[run])))
