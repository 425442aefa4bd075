"""A bundle holds what the present recipes name; the cache has all of it afterwards, or is as before."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.lock import hold
from lab.bundle import contents, export, take_up
from lab.bundle.form import HEAD, SECTOR, SUMS, header, padding
from lab.images import digest
from lab.images.cache import cached, manifest
from lab.images.digest import computed_digest
from lab.settings import Settings
from tests.support.errors import raises_code

SPARSE = 3 << 30


def _fill(folder: Path) -> dict[str, object]:
    with (folder / "disk.raw").open("wb") as disk:
        disk.truncate(SPARSE)
        for offset in (0, 5 << 20, SPARSE - 7):
            disk.seek(offset)
            disk.write(b"content")
    (folder / "root/usr/lib").mkdir(parents=True)
    (folder / "root/usr/lib/a.so").write_bytes(os.urandom(100_000))
    (folder / "root/lib").symlink_to("usr/lib")
    (folder / "root/etc").symlink_to("/usr/etc")
    (folder / "root/usr/b").symlink_to("../lib/a.so")
    (folder / "start").write_text("#!/bin/sh\n")
    (folder / "start").chmod(0o4755)
    (folder / "with\nnewline -and ü").write_text("name")
    os.mkfifo(folder / "root/fifo")
    return {"versions": {"qemu": "10.0"}}


def thing(kind: str, version: str = "1") -> Path:
    return cached(kind, {"version": version}, _fill)


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle of two things; the cache is another, empty one afterwards."""
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "first"))
    kept, old = thing("host"), thing("host", "old")
    monkeypatch.setattr(contents, "requests", lambda settings: (lambda: thing("host"), lambda: thing("guest")))
    monkeypatch.setattr(export, "require_built", lambda settings: None)
    monkeypatch.setattr(export, "wheels", lambda: None)
    thing("guest")
    file = tmp_path / "a.bundle"
    made = export.export(Settings(), file)
    assert old.name not in [entry.name for entry in made.head.entries]
    assert kept.name in [entry.name for entry in made.head.entries]
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "second"))
    return file


def things(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if not path.name.endswith(".lock")) if root.exists() else []


def test_the_other_cache_has_the_same(bundle: Path, tmp_path: Path) -> None:
    found = take_up.take_up(bundle)
    one, other = thing_of(tmp_path / "first", "host", found), thing_of(tmp_path / "second", "host", found)
    assert computed_digest(one) == computed_digest(other) == manifest(other)["digest"]
    assert (other / "disk.raw").stat().st_size == SPARSE
    assert (other / "disk.raw").stat().st_blocks * 512 < 8 << 20
    assert (other / "start").stat().st_mode & 0o7777 == 0o755
    assert (other / "root/etc").readlink() == Path("/usr/etc")
    assert not (other / "root/fifo").exists()
    # Its key is that of the recipes: nothing is built.
    assert cached("host", {"version": "1"}, lambda folder: pytest.fail("built again")) == other
    assert bundle.stat().st_size < 2_000_000


def thing_of(root: Path, kind: str, found: take_up.TakenUp) -> Path:
    (name,) = [name for name in found.new if name.startswith(kind)]
    return root / name


def test_what_is_there_is_kept(bundle: Path, tmp_path: Path) -> None:
    there = thing("host")
    (there / "mark").write_text("mine")
    found = take_up.take_up(bundle)
    assert [name.split("-")[0] for name in found.new] == ["guest"]
    assert (there / "mark").read_text() == "mine"
    assert take_up.take_up(bundle).new == ()


def test_the_file_that_was_meant(bundle: Path, tmp_path: Path) -> None:
    with raises_code("other-bundle"):
        take_up.take_up(bundle, "0" * 64)
    assert things(tmp_path / "second") == []
    sha256 = subprocess.run(["sha256sum", bundle], capture_output=True, text=True, check=True).stdout.split()[0]
    assert take_up.take_up(bundle, sha256).sha256 == sha256


@pytest.mark.parametrize("part", [0.0, 0.001, 0.01, 0.3, 0.6, 0.9, 0.99, 0.999])
def test_a_truncated_one_leaves_nothing(bundle: Path, tmp_path: Path, part: float) -> None:
    content = bundle.read_bytes()
    bundle.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(HvlabError) as caught:
        take_up.take_up(bundle)
    assert caught.value.code in ("bundle-damaged", "not-a-bundle")
    assert things(tmp_path / "second") == []


@pytest.mark.parametrize("part", [0.0, 0.0001, 0.002, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.998])
def test_a_changed_byte_leaves_nothing(bundle: Path, tmp_path: Path, part: float) -> None:
    content = bytearray(bundle.read_bytes())
    content[int(len(content) * part)] ^= 0x55
    bundle.write_bytes(content)
    with pytest.raises(HvlabError) as caught:
        take_up.take_up(bundle)
    assert caught.value.code in ("bundle-damaged", "not-a-bundle", "bundle-unsafe")
    assert things(tmp_path / "second") == []


@pytest.mark.parametrize("content", [b"", b"x" * 10_000, b"\0" * 10_240])
def test_a_foreign_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "second"))
    file = tmp_path / "foreign"
    file.write_bytes(content)
    with raises_code("not-a-bundle", str(file)):
        take_up.take_up(file)
    with raises_code("no-bundle"):
        take_up.take_up(tmp_path)


def test_a_foreign_tar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "second"))
    file = tmp_path / "foreign.tar"
    with tarfile.open(file, "w") as archive:
        archive.addfile(tarfile.TarInfo("../../evil"), io.BytesIO(b""))
    with raises_code("not-a-bundle"):
        take_up.take_up(file)
    assert not (tmp_path.parent / "evil").exists()


def _member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", content: bytes = b""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(content), 0o6777
    return info, content


def _forged(bundle: Path, *members: tuple[tarfile.TarInfo, bytes], name: str = "host-0123456789abcdef") -> None:
    """Write a bundle whose checksums are right and whose one thing has these members."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    packed = subprocess.run(["zstd", "-qc"], input=inner.getvalue(), capture_output=True, check=True).stdout
    entry = {"name": name, "files": 20, "bytes": 1 << 20, "digest": "0" * 64, "facts": {}, "licence": ""}
    head = json.dumps({"format": 1, "created": "now", "entries": [entry]}).encode()
    parts = {HEAD: head, f"{name}.tar.zst": packed}
    parts[SUMS] = json.dumps({part: hashlib.sha256(text).hexdigest() for part, text in parts.items()}).encode()
    whole = b"".join(header(part, len(text)) + text + padding(len(text)) for part, text in parts.items())
    bundle.write_bytes(whole + bytes(2 * SECTOR))


MANIFEST = _member("manifest.json", content=b'{"kind": "host", "key": "0123456789abcdef"}')
HOSTILE = {
    "parent": [_member("../evil", content=b"x")],
    "absolute": [_member("/tmp/evil", content=b"x")],
    "inner parent": [_member("a", tarfile.DIRTYPE), _member("a/../../evil", content=b"x")],
    "link out": [_member("a", tarfile.SYMTYPE, "../outside")],
    "absolute link": [_member("a", tarfile.SYMTYPE, "/etc/passwd")],
    "link by a link": [_member("root", tarfile.DIRTYPE), _member("root/a", tarfile.SYMTYPE, "b/../../../x")],
    "through a link": [_member("a", tarfile.SYMTYPE, "b"), _member("a/evil", content=b"x")],
    "link below a link": [
        _member("root", tarfile.DIRTYPE), _member("root/a", tarfile.SYMTYPE, "/tmp"),
        _member("root/a/evil", tarfile.SYMTYPE, "x"),
    ],
    "hard link": [MANIFEST, _member("a", tarfile.LNKTYPE, "manifest.json")],
    "device": [_member("a", tarfile.CHRTYPE)],
    "block device": [_member("a", tarfile.BLKTYPE)],
    "fifo": [_member("a", tarfile.FIFOTYPE)],
    "twice": [_member("a", content=b"1"), _member("a", content=b"2")],
}  # fmt: skip


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_members_are_refused(
    members: list[tuple[tarfile.TarInfo, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "second"))
    file = tmp_path / "forged"
    _forged(file, MANIFEST, *[it for it in members if it is not MANIFEST])
    with raises_code("bundle-unsafe", "host-0123456789abcdef"):
        take_up.take_up(file)
    assert things(tmp_path / "second") == []
    assert not (tmp_path / "evil").exists()


def test_a_forged_one_without_fault_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "second"))
    _forged(tmp_path / "forged", MANIFEST)
    assert take_up.take_up(tmp_path / "forged").new == ("host-0123456789abcdef",)


@pytest.mark.parametrize(
    "members",
    [
        [],
        [_member("manifest.json", content=b'{"kind": "guest", "key": "0123456789abcdef"}')],
        [_member("manifest.json", content=b"[" * 100_000)],
        [MANIFEST, _member("big", content=bytes(4 << 20))],
        [MANIFEST, *[_member(str(number)) for number in range(30)]],
    ],
)
def test_not_what_the_head_says(
    members: list[tuple[tarfile.TarInfo, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "second"))
    _forged(tmp_path / "forged", *members)
    with raises_code("bundle-damaged"):
        take_up.take_up(tmp_path / "forged")
    assert things(tmp_path / "second") == []


def test_too_little_disk(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_up, "_free", lambda: 1000)
    with raises_code("too-little-disk", str(tmp_path / "second")):
        take_up.take_up(bundle)
    assert things(tmp_path / "second") == []


def test_one_import_at_a_time(bundle: Path, tmp_path: Path) -> None:
    with hold(tmp_path / "second/import.lock", HvlabError, hint=""), raises_code("import-runs"):
        take_up.take_up(bundle)
    assert len(take_up.take_up(bundle).new) == 2


def test_an_interrupt_leaves_nothing(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def interrupted(entry: object, folder: Path) -> None:
        calls.append(folder)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(take_up, "_check_entry", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take_up.take_up(bundle)
    assert things(tmp_path / "second") == []


def test_what_a_killed_import_left_is_no_obstacle(bundle: Path, tmp_path: Path) -> None:
    left = tmp_path / "second/.import.making/host-0123456789abcdef"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    take_up.take_up(bundle)
    assert [name.split("-")[0] for name in things(tmp_path / "second")] == ["guest", "host"]


def test_export_overwrites_nothing(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with raises_code("file-exists", str(bundle)):
        export.export(Settings(), bundle)
    with raises_code("no-folder"):
        export.export(Settings(), tmp_path / "none/a.bundle")


def test_an_export_that_fails_leaves_no_file(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "first"))
    monkeypatch.setattr(export, "_ZSTD", ("false",))
    before = sorted(path.name for path in tmp_path.iterdir())
    with raises_code("packing-failed"):
        export.export(Settings(), tmp_path / "b.bundle")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_export_names_what_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "empty"))
    with raises_code("not-built", "image.host"):
        export.export(Settings(), tmp_path / "b.bundle")


def test_holes_do_not_change_the_digest(tmp_path: Path) -> None:
    sparse, full = tmp_path / "sparse", tmp_path / "full"
    with sparse.open("wb") as file:
        file.truncate(5 << 20)
        file.seek(3 << 20)
        file.write(b"x")
    full.write_bytes(sparse.read_bytes())
    assert digest.file_digest(sparse) == digest.file_digest(full)
    full.write_bytes(sparse.read_bytes() + b"\0")
    assert digest.file_digest(sparse) != digest.file_digest(full)
