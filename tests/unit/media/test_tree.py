"""Repodata that is damaged, strange or hostile is one line; what is right is read as it is."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from lab.media.download import Checksum
from lab.media.yum_tree import TreeFile, package_lists, packages
from tests.support.errors import raises_code
from tests.unit.media.mirror import PACKAGES, primary_of, repomd_of


def test_lists_and_packages(tmp_path: Path) -> None:
    primary = primary_of(PACKAGES)
    found = package_lists(repomd_of({"primary": primary, "group": b"x"}))
    assert {kind: file.path for kind, file in found.items()} == {
        "primary": "repodata/primary.xml.gz",
        "group": "repodata/group.xml.gz",
    }
    (tmp_path / "primary.xml.gz").write_bytes(primary)
    assert {file.path: file.size for file in packages(tmp_path / "primary.xml.gz")} == {
        path: len(content) for path, content in PACKAGES.items()
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((b"</repomd>", b""), "is no XML"),
        ((b'type="primary"', b'type="secondary"'), "names no list of packages"),
        ((b'type="sha"', b'type="crc32"'), "unknown kind 'crc32'"),
        ((b"<checksum", b"<sum"), "is no XML"),
        ((b'href="repodata', b'href="/etc'), "outside the tree"),
        ((b'href="repodata', b'href="../../etc'), "outside the tree"),
    ],
)
def test_a_wrong_repomd(change: tuple[bytes, bytes], says: str) -> None:
    repomd = repomd_of({"primary": b"x"})
    assert change[0] in repomd
    with pytest.raises(HvlabError, match=says):
        package_lists(repomd.replace(*change))


@pytest.mark.parametrize("content", [b"", b"no gzip", primary_of(PACKAGES)[:-30]], ids=["empty", "other", "cut off"])
def test_a_damaged_primary_list(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "primary.xml.gz"
    file.write_bytes(content)
    with raises_code("invalid-tree"):
        list(packages(file))


@given(st.binary(max_size=200))
def test_no_rubbish_is_taken_for_a_list(content: bytes) -> None:
    with pytest.raises(HvlabError):
        package_lists(content)


def test_the_disc_that_a_dvds_list_names_is_not_part_of_the_path(tmp_path: Path) -> None:
    entry = primary_of({"CentOS/a.rpm": b"a"})
    assert TreeFile("CentOS/a.rpm", Checksum("sha1", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"), 1) in list(
        packages(_with_base(tmp_path, entry))
    )


def _with_base(folder: Path, primary: bytes) -> Path:
    text = gzip.decompress(primary).replace(b"<location", b'<location xml:base="media://1272326751.405938#2"')
    (folder / "primary.xml.gz").write_bytes(gzip.compress(text))
    return folder / "primary.xml.gz"
