"""Media are fetched whole and right, or not at all; what is there already is used."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.media import fetch as fetching
from lab.media import manifest
from lab.media.http_server import serve
from lab.media.manifest import Media, media_of, require_media
from tests.support.errors import raises_code
from tests.unit.media.mirror import ISO, PACKAGES, TREE, make_mirror, media_toml, primary_of, repomd_of


class World:
    """A mirror, its log, and a cache that is empty."""

    def __init__(self, folder: Path, port: int) -> None:
        self.mirror, self.log = folder / "mirror", folder / "log"
        self.kickstarts = folder / "guest-kickstart"
        self.url = f"http://127.0.0.1:{port}"
        self.iso = (self.mirror / ISO).read_bytes()
        self.describe()

    def describe(self, mirrors: list[str] | None = None, iso_sha256: str = "", repomd_sha256: str = "") -> None:
        self.kickstarts.mkdir(exist_ok=True)
        text = media_toml(mirrors or [self.url], iso_sha256 or hashlib.sha256(self.iso).hexdigest(), repomd_sha256)
        (self.kickstarts / "centos-5.5.media.toml").write_text(text)

    @property
    def media(self) -> Media:
        return media_of("centos-5.5", self.kickstarts)

    def requests(self) -> list[str]:
        return [line.split('"')[1].split()[1] for line in self.log.read_text().splitlines() if '"GET' in line]

    def in_place(self) -> set[str]:
        """Names of all files of the media folder that are not hidden."""
        files = (path for path in self.media.folder.rglob("*") if path.is_file())
        return {path.name for path in files if not path.name.endswith(".part")}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    make_mirror(tmp_path / "mirror")
    with serve(tmp_path / "mirror", port=0, log=tmp_path / "log") as port:
        made = World(tmp_path, port)
        real = manifest.media_of
        for module in (manifest, fetching):
            monkeypatch.setattr(module, "media_of", lambda name, *_: real(name, made.kickstarts))
        yield made


def test_fetches_all_and_asks_for_it_once(world: World) -> None:
    media = fetching.fetch("centos-5.5")
    assert media.iso.read_bytes() == world.iso
    for path, content in PACKAGES.items():
        assert (media.tree / path).read_bytes() == content
    assert json.loads(media.checked.read_text())["packages"] == len(PACKAGES)
    asked = len(world.requests())
    assert fetching.fetch("centos-5.5") == media == require_media("centos-5.5")
    assert len(world.requests()) == asked
    assert not list(media.folder.rglob("*.part"))


def test_goes_on_where_it_ended(world: World) -> None:
    world.media.folder.mkdir(parents=True)
    part = world.media.folder / f".{world.media.iso.name}.part"
    part.write_bytes(world.iso[:900_000])
    fetching.fetch("centos-5.5")
    assert world.media.iso.read_bytes() == world.iso
    # Partial content, and not the whole.
    assert [line.split()[-2] for line in world.log.read_text().splitlines() if ISO in line] == ["206"]


@pytest.mark.parametrize("left", [b"rubbish", b"rubbish" * 200_000], ids=["short", "longer than the file"])
def test_a_spoiled_part_is_begun_again(world: World, left: bytes) -> None:
    world.media.folder.mkdir(parents=True)
    (world.media.folder / f".{world.media.iso.name}.part").write_bytes(left)
    fetching.fetch("centos-5.5")
    assert world.media.iso.read_bytes() == world.iso


def test_a_wrong_file_on_the_mirror_never_gets_its_name(world: World) -> None:
    (world.mirror / ISO).write_bytes(b"x" + world.iso[1:])
    with raises_code("download-failed", "netinstall.iso", "sha256") as caught:
        fetching.fetch("centos-5.5")
    assert str(world.media.folder) in caught.value.hint
    assert hashlib.sha256(world.iso).hexdigest() in caught.value.hint
    assert world.in_place() == set()
    assert not list(world.media.folder.rglob("*.part"))


def test_the_next_mirror_is_asked(world: World) -> None:
    world.describe(mirrors=["http://127.0.0.2:1/none", f"{world.url}/nothing-here", world.url])
    assert fetching.fetch("centos-5.5").iso.read_bytes() == world.iso


def test_what_was_dropped_in_is_used(world: World) -> None:
    world.media.folder.mkdir(parents=True)
    world.media.iso.write_bytes(world.iso)
    fetching.fetch("centos-5.5")
    assert f"/{ISO}" not in world.requests()


def test_a_wrong_file_that_was_dropped_in_is_kept_and_named(world: World) -> None:
    world.media.folder.mkdir(parents=True)
    world.media.iso.write_bytes(b"another")
    with raises_code("wrong-file") as caught:
        fetching.fetch("centos-5.5")
    assert "remove it" in caught.value.hint
    assert world.media.iso.read_bytes() == b"another"


def test_a_damaged_package_is_refused(world: World) -> None:
    path = next(iter(PACKAGES))
    (world.mirror / TREE / path).write_bytes(b"A" + PACKAGES[path][1:])
    with raises_code("download-failed", "acpid", "sha1"):
        fetching.fetch("centos-5.5")
    assert Path(path).name not in world.in_place()
    with raises_code("media-missing"):
        require_media("centos-5.5")


def test_another_tree_than_the_pinned_one_is_refused(world: World) -> None:
    world.describe(repomd_sha256="0" * 64)
    with raises_code("download-failed", "repomd.xml", "sha256"):
        fetching.fetch("centos-5.5")


def test_a_tree_that_changed_is_noticed(world: World) -> None:
    media = fetching.fetch("centos-5.5")
    (media.tree / "images/stage2.img").write_bytes(b"forged")
    with raises_code("wrong-file", "images/stage2.img"):
        fetching.fetch("centos-5.5")


def test_a_tree_cannot_reach_outside(world: World) -> None:
    lists_made = {"primary": primary_of({"../../../escaped.rpm": b"x"})}
    tree = world.mirror / TREE
    (tree / "repodata/primary.xml.gz").write_bytes(lists_made["primary"])
    (tree / "repodata/repomd.xml").write_bytes(repomd_of(lists_made))
    with raises_code("invalid-tree"):
        fetching.fetch("centos-5.5")


def test_too_little_room_is_told_beforehand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 100

    monkeypatch.setattr("lab.media.fetch.shutil.disk_usage", lambda path: Usage)
    with raises_code("too-little-disk"):
        fetching.fetch("centos-5.5")


def test_a_full_disk_is_one_line(world: World) -> None:
    """/dev/full is a disk without room."""
    world.media.folder.mkdir(parents=True)
    (world.media.folder / f".{world.media.iso.name}.part").symlink_to("/dev/full")
    with raises_code("cannot-write", "netinstall.iso", "No space left on device") as caught:
        fetching.fetch("centos-5.5")
    assert "room" in caught.value.hint
    assert world.in_place() == set()


def test_missing_media_come_with_the_instruction(world: World) -> None:
    with pytest.raises(HvlabError) as caught:
        require_media("centos-5.5")
    assert world.media.iso.name in caught.value.message
    assert "the install tree tree/os/x86_64" in caught.value.message
    assert str(world.media.folder) in caught.value.message
    assert "image.fetch --os=centos-5.5" in caught.value.hint


def test_a_corrupted_iso_is_noticed_before_it_is_used(world: World) -> None:
    media = fetching.fetch("centos-5.5")
    media.iso.write_bytes(world.iso[:-1])
    with raises_code("wrong-file"):
        require_media("centos-5.5")


def test_an_unknown_os_is_told_the_known_ones(world: World) -> None:
    with pytest.raises(HvlabError) as caught:
        media_of("centos-4", world.kickstarts)
    assert caught.value.hint == "--os can be: centos-5.5"


def test_the_shipped_list_is_right() -> None:
    wanted = media_of("centos-5.5").wanted
    assert all(mirror.startswith("https://") for mirror in wanted.mirrors)
    assert wanted.iso.sha256 == "298a219be14eb75157f173de25542510eec0682b6f33e67e84a2756ef7fa83ba"
