"""A mirror with an ISO and a small install tree, whose repodata is made as createrepo of 2010 did."""

import gzip
import hashlib
from pathlib import Path

ISO = "isos/x86_64/CentOS-5.5-x86_64-netinstall.iso"
TREE = "os/x86_64"
PACKAGES = {"CentOS/acpid-1.0.4-9.x86_64.rpm": b"acpid" * 200, "CentOS/kernel-2.6.18-194.el5.x86_64.rpm": b"k" * 5000}
FILES = (".discinfo", "images/stage2.img")


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _write(folder: Path, path: str, content: bytes) -> bytes:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    return content


def primary_of(packages: dict[str, bytes]) -> bytes:
    """Return a primary list (gzip)."""
    entries = "".join(
        f'<package type="rpm"><checksum type="sha" pkgid="YES">{_sha1(content)}</checksum>'
        f'<size package="{len(content)}"/><location href="{path}"/></package>'
        for path, content in packages.items()
    )
    return gzip.compress(f'<metadata xmlns="http://linux.duke.edu/metadata/common">{entries}</metadata>'.encode())


def repomd_of(lists: dict[str, bytes]) -> bytes:
    """Return a repomd.xml that names lists by kind."""
    entries = "".join(
        f'<data type="{kind}"><location href="repodata/{kind}.xml.gz"/>'
        f'<checksum type="sha">{_sha1(content)}</checksum></data>'
        for kind, content in lists.items()
    )
    return f'<repomd xmlns="http://linux.duke.edu/metadata/repo">{entries}</repomd>'.encode()


def make_mirror(folder: Path) -> None:
    """Fill `folder`."""
    tree = folder / TREE
    lists = {"primary": primary_of(PACKAGES), "filelists": gzip.compress(b"<filelists/>")}
    for path, content in PACKAGES.items():
        _write(tree, path, content)
    for kind, content in lists.items():
        _write(tree, f"repodata/{kind}.xml.gz", content)
    _write(tree, "repodata/repomd.xml", repomd_of(lists))
    for path in FILES:
        _write(tree, path, path.encode() * 50)
    _write(folder, ISO, bytes(range(256)) * 4000)


def media_toml(mirrors: list[str], iso_sha256: str, repomd_sha256: str = "") -> str:
    """Return a media list of that mirror."""
    return (
        f"mirrors = {mirrors}\n[iso]\npath = '{ISO}'\nsha256 = '{iso_sha256}'\n"
        f"[tree]\npath = '{TREE}'\nrepomd_sha256 = '{repomd_sha256}'\nfiles = {list(FILES)}\n"
    )
