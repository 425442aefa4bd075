"""Folders, files, links and processes of a lab on a host, in a real shell."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from core.resources.base import Outcome, Resource, Verb, read_outcomes, render
from core.resources.files import file_in, files_in, link, marked_folder, tree
from core.resources.processes import marked_processes

OWNER = "alice@desk:/home/al ice/$(touch hacked)/.lab"
MARK = "HVLAB_SESSION_OF_TEST"


def run(verb: Verb, *resources: Resource) -> list[Outcome]:
    done = subprocess.run(["sh", "-s"], input=render(verb, resources), capture_output=True, text=True, check=False)
    assert not done.stderr
    return read_outcomes(done.stdout)


def results(outcomes: list[Outcome]) -> list[str]:
    return [one.result for one in outcomes]


def test_a_folder_that_was_made_goes_with_its_mark(tmp_path: Path) -> None:
    folder = tmp_path / "it's"
    lab = marked_folder(str(folder), OWNER)
    assert results(run("create", lab)) == ["created"]
    assert (folder / ".hvlab").read_text() == f"{OWNER}\nmade\n"
    assert results(run("remove", lab)) == ["removed"]
    assert list(tmp_path.iterdir()) == []


def test_of_a_folder_that_was_there_only_the_mark_goes(tmp_path: Path) -> None:
    lab = marked_folder(str(tmp_path), OWNER)
    run("create", lab)
    assert results(run("remove", lab)) == ["removed"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [marked_folder, tree])
def test_a_folder_that_another_lab_uses(kind: object, tmp_path: Path) -> None:
    assert callable(kind)
    run("create", kind(str(tmp_path), "bob@laptop:/lab"))
    (failed,) = run("create", kind(str(tmp_path), OWNER))
    assert "it is in use by bob@laptop:/lab" in failed.detail
    assert results(run("remove", kind(str(tmp_path), OWNER))) == ["foreign"]


def test_a_file_is_the_labs_by_its_folders_mark(tmp_path: Path) -> None:
    folder = tmp_path / "disks"
    known = [marked_folder(str(folder), OWNER), file_in(str(folder), "server1.img", OWNER)]
    folder.mkdir()
    (folder / "server1.img").write_text("theirs")
    assert results(run("remove", *known)) == ["foreign"]
    run("create", known[0])
    assert results(run("remove", *known)) == ["removed", "removed"]
    assert list(folder.iterdir()) == []


def test_files_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    folder = marked_folder(str(tmp_path), OWNER)
    run("create", folder)
    for name in ("box*.img", "box*.img.part", "box2.img", "other"):
        (tmp_path / name).touch()
    (tmp_path / "box*.link").symlink_to("/nonexistent")
    assert results(run("remove", files_in(str(tmp_path), "box*", OWNER))) == ["removed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hvlab", "box2.img", "other"]


def test_a_tree_goes_with_all_in_it_only_if_it_was_made(tmp_path: Path) -> None:
    made, old = tmp_path / "made", tmp_path / "old"
    old.mkdir()
    known = [tree(str(made), OWNER), tree(str(old), OWNER)]
    run("create", *known)
    for folder in (made, old):
        (folder / "file").touch()
    run("remove", *known)
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["old", "old/file"]


def test_a_link_goes_with_the_folders_that_were_made_for_it(tmp_path: Path) -> None:
    target, there = tmp_path / "store", tmp_path / "home"
    for folder in (target, there):
        folder.mkdir()
    lab = link(str(there / "lab" / "vagrant-home" / "boxes"), str(target))
    memory = run("claim", lab)[-1]
    assert (memory.result, memory.detail) == ("remembered", str(there))
    run("create", lab)
    assert (there / "lab" / "vagrant-home" / "boxes").resolve() == target
    assert results(run("remove", lab.with_memory(memory.detail))) == ["removed"]
    assert list(there.iterdir()) == []


@pytest.mark.parametrize("target", ["/somewhere", None])
def test_a_link_to_elsewhere_is_foreign(tmp_path: Path, target: str | None) -> None:
    path = tmp_path / "boxes"
    if target:
        path.symlink_to(target)
    else:
        path.mkdir()
    assert results(run("remove", link(str(path), str(tmp_path / "store")))) == ["foreign"]
    assert path.is_symlink() or path.is_dir()


@pytest.fixture
def named(tmp_path: Path) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Marked processes by the names that the kernel has for them: the files' that they were started from."""
    started = {}
    for name in ("VBoxSVC", "VBoxHeadless", "VBoxManage", "VirtualBox"):
        (tmp_path / name).symlink_to("/bin/sleep")
        started[name] = subprocess.Popen([tmp_path / name, "60"], env={MARK: "1"})
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_programs_that_serve_others_too_are_not_the_labs(named: dict[str, "subprocess.Popen[bytes]"]) -> None:
    (removed,) = run("remove", marked_processes("of the session", MARK, ["VBoxSVC*", "VBoxHeadless*"]))
    assert removed.result == "removed"
    assert set(removed.detail.split()) == {"VBoxManage", "VirtualBox"}
    assert named["VirtualBox"].wait(10) == -signal.SIGTERM
    assert [name for name, process in named.items() if process.poll() is None] == ["VBoxSVC", "VBoxHeadless"]


def test_what_takes_long_to_end_is_waited_for(tmp_path: Path) -> None:
    program = 'trap "sleep 1; touch $1; exit 0" TERM; : >$2; while :; do sleep 0.1; done'
    gone, ready = tmp_path / "gone", tmp_path / "ready"
    with subprocess.Popen(["sh", "-c", program, "sh", gone, ready], env={**os.environ, MARK: "1"}) as process:
        try:
            for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=30, wait_max=0.1):
                with attempt:
                    assert ready.exists()
            assert results(run("remove", marked_processes("of the session", MARK))) == ["removed"]
            assert gone.exists()
        finally:
            process.kill()


def test_one_that_does_not_obey_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        ["sh", "-c", 'trap "" TERM; echo ready; while :; do sleep 0.1; done'],
        env={**os.environ, MARK: "1"},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            assert results(run("remove", marked_processes("of the session", MARK))) == ["removed"]
            assert process.wait(10) == -signal.SIGKILL
        finally:
            process.kill()
