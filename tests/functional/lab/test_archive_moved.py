"""A build with a mmdebstrap and an apt-config that say what they were scripted to."""

import json
import os
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.paths import cache_root
from lab.images.host import Origin, host_image
from lab.images.mirror import debian_mirror
from lab.images.rootfs import Recipe, make_root
from tests.functional.vagrant.tools import FakeCommand
from tests.support.errors import raises_code

ADDRESS = "http://mirror.example/debian"
GONE = "Reading package lists...\nE: Unable to locate package xen-utils-4.20\nE: apt-get failed: process exited 100\n"
OPTION = '--aptopt=Acquire::Check-Valid-Until "false"'


@pytest.fixture
def apt_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCommand:
    """An apt that is set up as usual."""
    monkeypatch.setenv("HVLAB_MIRROR", ADDRESS)
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    return put_first(FakeCommand.create(tmp_path / "apt", "apt-config", {}), monkeypatch)


def put_first(command: FakeCommand, monkeypatch: pytest.MonkeyPatch) -> FakeCommand:
    monkeypatch.setenv("PATH", f"{command.folder}:{os.environ['PATH']}")
    return command


def mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> FakeCommand:
    answers = {"--include": (100, "", said)}
    return put_first(FakeCommand.create(tmp_path / "mmdebstrap", "mmdebstrap", answers), monkeypatch)


@pytest.mark.usefixtures("apt_config")
def test_a_build_names_the_package_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = mmdebstrap(tmp_path, monkeypatch, GONE)
    with raises_code("archive-moved", "Debian trixie", "xen-utils-4.20", "image.import") as caught:
        host_image(Origin("trixie"))
    (call,) = called.calls
    assert call[-4:-1][0] == "trixie"
    assert OPTION not in call
    log = next(cache_root().rglob("build.log"))
    assert str(log) in caught.value.hint
    assert "xen-utils-4.20" in log.read_text()
    assert not list(cache_root().glob("host-*/manifest.json"))


@pytest.mark.usefixtures("apt_config")
def test_only_a_mirror_that_the_user_named_may_be_of_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = mmdebstrap(tmp_path, monkeypatch, GONE)
    with raises_code("archive-moved"):
        host_image(Origin("sid", "http://snapshot.example/20260101"))
    (call,) = called.calls
    assert OPTION in call
    assert "http://snapshot.example/20260101" in call
    assert ADDRESS not in call


@pytest.mark.parametrize(("values", "taken"), [("\n", False), ("true\n", False), ("false\n", True), ("no\n", True)])
def test_the_usual_mirror_is_as_the_administrator_set_apt_up(values: str, taken: bool, apt_config: FakeCommand) -> None:
    answers = {"Acquire::Check-Valid-Until": (0, values, "")}
    (apt_config.folder / "answers.json").write_text(json.dumps(answers))
    assert debian_mirror().of_another_day is taken


@pytest.mark.usefixtures("apt_config")
def test_another_failure_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mmdebstrap(tmp_path, monkeypatch, "E: Could not resolve 'mirror.example'\n")
    log = tmp_path / "build.log"
    # What an earlier build said is not this one's reason.
    log.write_text(GONE)
    with pytest.raises(HvlabError) as caught:
        make_root(Recipe("sid", ("main",), ("a",)), tmp_path / "root", log)
    assert caught.value.code != "archive-moved"
    assert "Could not resolve" in caught.value.message
