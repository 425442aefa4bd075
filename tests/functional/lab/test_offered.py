"""What a mirror offers, as apt reads it from a list of packages in a folder; with the pretend hypervisor."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.images.offered import KERNEL, offered
from lab.settings import Settings
from study.watch import NewVersion, look
from tests.plugged import FOLDER, plugged_in
from tests.support.archives import archive
from tests.support.errors import raises_code

VERSIONS = {KERNEL: "7.2.13-1", "pretend": "2.0-1"}


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    with plugged_in(FOLDER):
        yield


def test_new_versions_of_the_pretend_hypervisor_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = archive(tmp_path / "archive", VERSIONS)
    monkeypatch.setattr("study.watch.offered", partial(offered, trust="trusted=yes"))
    settings = Settings.model_validate({"images": {"mirror": origin.mirror}})
    found = look(tmp_path, settings, ("pretend",))
    assert found.versions == VERSIONS
    assert found.new == (NewVersion(KERNEL, "", "7.2.13-1"), NewVersion("pretend", "", "2.0-1"))


def test_what_the_mirror_does_not_have_is_named(tmp_path: Path) -> None:
    origin = archive(tmp_path / "archive", {KERNEL: "7.2.13-1"})
    with raises_code("archive-moved", "pretend"):
        offered(origin, tuple(VERSIONS), trust="trusted=yes")


def test_a_mirror_without_a_signature_is_refused(tmp_path: Path) -> None:
    origin = archive(tmp_path / "archive", VERSIONS)
    with pytest.raises(HvlabError, match="sid"):
        offered(origin, tuple(VERSIONS))
