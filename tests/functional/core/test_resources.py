"""The loop over a host's resources, in a real shell, on resources that are files of a folder."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from core.resources.base import Outcome, Resource, Verb, read_outcomes, render
from core.resources.setting import Setting, kernel_file, set_program

# A thing is a file; what it holds is whose it is. A file PATH.stuck keeps it from being removed.
THING = """
thing_probe() {
    [ ! -e "$1.silent" ] || { echo "no answer" >&2; return; }
    if [ ! -e "$1" ]; then state=absent
    elif [ "$(cat "$1")" = ours ]; then state=owned
    else state=foreign reason="it is $(cat "$1")'s"; fi
}
thing_create() { [ ! -e "$1.full" ] || { echo "no space left" >&2; return 1; }; echo ours >"$1"; }
thing_remove() { [ -e "$1.stuck" ] && echo "device is busy" >&2 || rm "$1"; }
"""


def run(verb: Verb, *resources: Resource) -> list[Outcome]:
    done = subprocess.run(["sh", "-s"], input=render(verb, resources), capture_output=True, text=True, check=False)
    outcomes = read_outcomes(done.stdout)
    assert done.returncode == int(any(one.result == "failed" for one in outcomes)), done.stderr
    return outcomes


def thing(path: Path) -> Resource:
    return Resource("thing", path.name, "thing", (str(path),), (THING,), creates=True)


def results(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(one.result, one.name, one.detail) for one in outcomes]


@pytest.fixture
def things(tmp_path: Path) -> list[Resource]:
    return [thing(tmp_path / name) for name in ("one", "two words", "$(touch hacked)")]


def test_created_in_order_removed_in_the_reverse(things: list[Resource], tmp_path: Path) -> None:
    assert [name for _, name, _ in results(run("create", *things))] == [one.name for one in things]
    # They are as they should be.
    assert run("create", *things) == []
    assert [one.result for one in run("claim", *things)] == ["owned"] * 3
    removed = results(run("remove", *things))
    assert removed == [("removed", one.name, "") for one in reversed(things)]
    assert list(tmp_path.iterdir()) == []
    assert run("remove", *things) == []


def test_a_foreign_one_survives(things: list[Resource], tmp_path: Path) -> None:
    (tmp_path / "one").write_text("alice")
    assert ("foreign", "one", "it is alice's") in results(run("claim", *things))
    (failed,) = run("create", *things)
    assert (failed.result, failed.name) == ("failed", "one")
    assert failed.detail == "exists already and does not belong to this lab: it is alice's"
    assert results(run("remove", *things)) == [("foreign", "one", "it is alice's")]
    assert (tmp_path / "one").read_text() == "alice"


def test_a_shared_foreign_one_is_no_obstacle(things: list[Resource], tmp_path: Path) -> None:
    (tmp_path / "one").write_text("alice")
    shared = replace(things[0], shared=True)
    assert run("claim", shared) == []
    assert results(run("create", shared, things[1])) == [("created", "two words", "")]


def test_removed_is_said_only_after_a_second_look(things: list[Resource], tmp_path: Path) -> None:
    run("create", *things)
    (tmp_path / "two words.stuck").touch()
    assert results(run("remove", *things)) == [
        ("removed", "$(touch hacked)", ""),
        ("failed", "two words", "is still there: device is busy"),
        # One that fails does not keep the others.
        ("removed", "one", ""),
    ]


def test_a_question_that_fails_is_no_absence(things: list[Resource], tmp_path: Path) -> None:
    (tmp_path / "one.silent").touch()
    for verb in ("claim", "create", "remove"):
        assert ("failed", "one", "cannot be seen: no answer") in results(run(verb, things[0]))


def test_what_proves_the_ownership_of_others_goes_last_and_stays_with_them(
    things: list[Resource], tmp_path: Path
) -> None:
    mark = replace(things[0], proves=True)
    run("create", mark, things[1])
    (tmp_path / "two words.stuck").touch()
    assert [one.result for one in run("remove", mark, things[1])] == ["failed", "kept"]
    assert (tmp_path / "one").exists()
    (tmp_path / "two words.stuck").unlink()
    assert [one.result for one in run("remove", mark, things[1])] == ["removed", "removed"]


def test_nothing_is_created_after_one_that_cannot_be(things: list[Resource], tmp_path: Path) -> None:
    (tmp_path / "one.full").touch()
    assert results(run("create", *things)) == [("failed", "one", "cannot be created: no space left")]
    assert not (tmp_path / "two words").exists()


def test_one_that_is_there_but_not_whole_is_not_created(things: list[Resource], tmp_path: Path) -> None:
    library = THING.replace('echo ours >"$1"; }', 'echo ours >"$1"; echo "it does not start" >&2; return 1; }')
    half = replace(things[0], libraries=(library,))
    assert results(run("create", half)) == [("failed", "one", "cannot be created: it does not start")]
    assert results(run("remove", half)) == [("removed", "one", "")]


def test_a_setting_is_set_back(tmp_path: Path) -> None:
    file = tmp_path / "enabled"
    file.write_text("always [madvise] never\n")
    huge = kernel_file("huge pages", str(file))
    absent = kernel_file("KSM", str(tmp_path / "run"))
    _, memory, _ = run("claim", huge.resource, absent.resource)
    assert (memory.result, memory.name, memory.detail) == ("remembered", "huge pages", "madvise")
    subprocess.run(["sh", "-s"], input=set_program([(huge, "never"), (absent, "1")]), text=True, check=True)
    assert file.read_text() == "never\n"
    assert not (tmp_path / "run").exists()
    known = huge.resource.with_memory(memory.detail)
    assert results(run("remove", known)) == [("removed", "huge pages", "")]
    assert file.read_text() == "madvise\n"
    assert run("remove", known) == []


@pytest.mark.parametrize("value", ["it's $(touch hacked)", "", "é"])
def test_any_value_of_one_line_comes_back(value: str, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text(value)
    setting = Setting("note", f"cat '{note}'", f"printf %s \"$1\" >'{note}'")
    memory = run("claim", setting.resource)[-1]
    note.write_text("other")
    run("remove", setting.resource.with_memory(memory.detail))
    assert note.read_text() == value


def test_one_that_cannot_be_set_is_named(tmp_path: Path) -> None:
    setting = Setting("KSM", "echo 0", "return 1")
    done = subprocess.run(
        ["sh", "-s"], input=set_program([(setting, "1")]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "KSM cannot be set to 1\n")
