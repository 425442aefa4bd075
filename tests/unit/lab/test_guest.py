"""The guest's build: what it depends on, what Packer is told, and that a failed installation ends it at once."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.images import guest
from lab.images.cache import fingerprint
from lab.images.guest import guest_image, kickstart_text
from lab.images.install_source import Medium
from lab.images.packer import cause_of_death
from lab.images.provenance import input_hashes
from lab.installer.iso import medium_inputs
from lab.installer.kickstart import read_kickstart
from lab.installer.rootfs_archive import root_inputs
from lab.media.manifest import MediaMissingError
from lab.settings import TopologySettings
from tests.support.errors import raises_code
from tests.support.images import copy_kickstart, disk_key


@pytest.fixture
def kickstarts(tmp_path: Path) -> Path:
    return copy_kickstart(tmp_path)


TOPOLOGY = TopologySettings()


def keys(path: Path) -> tuple[str, str, str]:
    """Return the cache's keys of the system, the medium and the disk."""
    plan = read_kickstart(path.read_text())
    return fingerprint(root_inputs(plan)), fingerprint(medium_inputs(plan)), disk_key(TOPOLOGY, path.parent)


def test_a_changed_kickstart_needs_no_new_medium(kickstarts: Path) -> None:
    root, medium, disk = keys(kickstarts)
    kickstarts.write_text(kickstarts.read_text().replace("hostname=guest", "hostname=other") + "echo more\n")
    new_root, new_medium, new_disk = keys(kickstarts)
    assert (new_root, new_medium) == (root, medium)
    assert new_disk != disk


def test_other_packages_need_a_new_system(kickstarts: Path) -> None:
    root, medium, disk = keys(kickstarts)
    kickstarts.write_text(kickstarts.read_text().replace("sysstat\n", "sysstat\nopenssh-clients\n"))
    assert all(new != old for new, old in zip(keys(kickstarts), (root, medium, disk), strict=True))


def test_the_disks_size_is_an_input() -> None:
    other = TopologySettings(disk_gib=21), TopologySettings(swap_gib=1)
    assert len({disk_key(topology) for topology in (TOPOLOGY, *other)}) == 3


def test_a_kickstart_that_is_not_utf8_is_refused(kickstarts: Path) -> None:
    kickstarts.write_bytes(b"# caf\xe9\n" + kickstarts.read_bytes())
    with pytest.raises(HvlabError) as refused:
        kickstart_text(TOPOLOGY, kickstarts.parent)
    assert refused.value.code == "kickstart-encoding"


def test_what_packer_is_passed_is_what_the_check_has_stand_ins_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vagrant").touch()
    monkeypatch.setattr(guest, "vagrant_keys", lambda: tmp_path)
    monkeypatch.setattr(guest, "probe_accelerator", lambda *_: "tcg")
    medium = Medium(tmp_path / "iso", "0" * 64, 1, (tmp_path, tmp_path))
    assert tuple(guest._variables(tmp_path, tmp_path, tmp_path, TOPOLOGY, medium)) == guest.BUILD_VARIABLES


def test_a_wrong_kickstart_starts_nothing(kickstarts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    kickstarts.write_text("raid / --device=md0\n" + kickstarts.read_text())
    with pytest.raises(HvlabError, match="line 1: this installer does not know the command 'raid'"):
        guest_image(TOPOLOGY, kickstarts.parent)
    assert not (tmp_path / "cache").exists()


def test_without_its_media_centos_stops_with_the_instruction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path))
    with pytest.raises(MediaMissingError, match=r"netinstall\.iso, the install tree") as caught:
        guest_image(TopologySettings(os="centos-5.5"))
    assert str(tmp_path / "media/centos-5.5") in caught.value.message
    assert "image.fetch --os=centos-5.5" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_unknown_guest_os() -> None:
    with raises_code("unknown-guest-os", "'hurd'"):
        guest_image(TopologySettings(os="hurd"))


@pytest.mark.parametrize(
    ("serial", "cause"),
    [
        ("hvlab-installer: done, reboot\n", None),
        ("x\nhvlab-installer: failed: lang: not on this medium: xx\nmore\n", "lang: not on this medium: xx"),
        ("[ 1.0] Kernel panic - not syncing: VFS\r\n", "Kernel panic - not syncing: VFS"),
    ],
)
def test_cause_of_death(serial: str, cause: str | None) -> None:
    assert cause_of_death(serial) == cause


def test_a_failed_build_leaves_nothing_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HVLAB_STATE", str(tmp_path / "state"))

    def half(folder: Path, *_: object) -> dict[str, object]:
        (folder / "disk.qcow2").write_text("half")
        raise HvlabError("the installation of the guest stopped: the disk is full")

    monkeypatch.setattr(guest, "_build", half)
    with pytest.raises(HvlabError, match="the disk is full"):
        guest_image(TOPOLOGY)
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


def test_input_hashes_tell_what_changed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    before = input_hashes({"file": tmp_path / "file", "text": "same"})
    (tmp_path / "file").write_text("2")
    after = input_hashes({"file": tmp_path / "file", "text": "same"})
    assert before["text"] == after["text"]
    assert before["file"] != after["file"]
