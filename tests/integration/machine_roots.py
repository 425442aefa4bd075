"""Root file systems of machines that have nothing but what README names, and hvlab's work tree in a user's home folder.

They are entered as machine.sh does it: with this machine's kernel, devices and network.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.paths import PROJECT
from core.process import run
from lab.images.cache import cached
from lab.images.mirror import debian_mirror
from lab.images.rootfs import LEAN, Recipe, make_root
from lab.tools_tree.facts import tree_name

USER = "tester"
_ENTER = Path(__file__).parent / "machine.sh"
# Files of this machine by which its package registries are reached; those of apt are in what HVLAB_MIRROR leads to.
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
_PASSED = re.compile(r"(?i)(https?|no)_proxy|PIP_.*|SSL_CERT_FILE|HVLAB_(LAB_HOST__SSH_PORT|ACCEL)")
_APT = re.compile(r"(?m)^Acquire::(?:http|https|Check|ForceIPv|Retries).*$")
_DEBIAN = ("mmdebstrap", "uidmap")
# A system of busybox and of what the tree needs, which knows neither apt nor dpkg.
PLAIN = "plain"
_PLAIN = ("base-files", "busybox-static", "dash", "util-linux", "mount", "uidmap")
_GONE = ("var/lib/dpkg", "var/lib/apt", "etc/apt", "usr/bin/dpkg*", "usr/bin/apt*", "usr/lib/apt", "usr/lib/dpkg")
RECIPES = {
    **{name: Recipe(name, ("main",), _DEBIAN) for name in ("bookworm", "trixie", "sid")},
    PLAIN: Recipe("trixie", ("main",), _PLAIN, exclude=LEAN, variant="extract"),
}


def _make_plain(root: Path) -> None:
    """Make the unpacked packages a system: the user list, busybox's programs for what is not there, no apt and dpkg."""
    for path in (found for pattern in _GONE for found in root.glob(pattern)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    busybox = next(path for path in (root / "usr/bin/busybox", root / "bin/busybox") if path.exists())
    for name in run([busybox, "--list"], what="listing busybox's programs").split():
        program = root / "usr/bin" / name
        # Those that are there have options that busybox's lack: unshare --map-auto. As shell, Debian's busybox would
        # prefer its own all the same; Alpine's does not.
        if not (program.exists() or (root / "usr/sbin" / name).exists()):
            program.symlink_to("busybox")


def _build(folder: Path, name: str) -> dict[str, object]:
    root = folder / "root"
    make_root(RECIPES[name], root, folder / "build.log")
    if name == PLAIN:
        _make_plain(root)
    for path in ("dev", "proc", "sys", "run", "tmp"):
        (root / path).mkdir(exist_ok=True)
    return {"recipe": repr(RECIPES[name])}


def machine_root(name: str) -> Path:
    """Return the root file system of a kind of machine; make it (minutes) if it is not in the cache."""
    inputs: dict[str, str | Path] = {"recipe": repr(RECIPES[name]), "code": Path(__file__)}
    return cached("machine", inputs, lambda folder: _build(folder, name)) / "root"


@dataclass(frozen=True)
class TestMachine:
    """A machine made for one test.

    Attributes:
        root: Its root file system.
        user: Who calls hvlab there.
    """

    __test__ = False
    root: Path
    user: str

    @property
    def home(self) -> Path:
        """The user's home folder, as it is called there."""
        return Path("/root") if self.user == "root" else Path("/home", self.user)

    def invoke(self, *words: str, timeout: float, **more: str) -> "subprocess.CompletedProcess[str]":
        """Call `./invoke` there with words and, by keyword, environment variables; its progress is shown."""
        environ = {
            "HOME": str(self.home), "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HVLAB_TOOLS": "tree", "HVLAB_MIRROR": debian_mirror().address,
            **{name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)},
            **more,
        }  # fmt: skip
        line = f"cd {self.home}/hvlab && exec ./invoke {' '.join(words)}"
        command = ["unshare", "--mount", "--propagation=private", "sh", str(_ENTER), str(self.root), self.user, line]
        return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, timeout=timeout, check=False)

    def owners(self) -> set[int]:
        """Return the ids of the users whose files are in the home folder."""
        return {path.lstat().st_uid for path in (self.root / str(self.home).lstrip("/")).rglob("*")}


def new_machine(name: str, user: str, folder: Path, tree: Path | None) -> TestMachine:
    """Make a machine.

    Args:
        name: One of RECIPES.
        user: "root", or the ordinary user USER.
        folder: Where its root file system is put.
        tree: A tools tree from another machine's cache, made by the same user there; None: the machine builds it.
    """
    root = folder / "root"
    run(["cp", "--archive", machine_root(name), root], what="copying a machine")
    for file in map(Path, (*_NETWORK, *filter(None, [os.environ.get("SSL_CERT_FILE")]))):
        if file.is_file():
            target = root / str(file).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(file, target)
    if (root / "etc/apt").is_dir():
        dump = run(["apt-config", "dump"], what="asking apt how it reaches its archive")
        (root / "etc/apt/apt.conf.d/90here").write_text("\n".join([*_APT.findall(dump), ""]))
    machine = TestMachine(root, user)
    home = root / str(machine.home).lstrip("/")
    home.mkdir(parents=True, exist_ok=True)
    number = 0
    if user != "root":
        number = 1000
        for table, line in {
            "passwd": f"{user}:x:1000:1000::{machine.home}:/bin/sh", "group": f"{user}:x:1000:",
            "subuid": f"{user}:100000:65536", "subgid": f"{user}:100000:65536",
        }.items():  # fmt: skip
            with (root / "etc" / table).open("a") as handle:
                handle.write(f"{line}\n")
    _put_project(home / "hvlab")
    if tree:
        (home / ".cache/hvlab").mkdir(parents=True)
        run(["cp", "--archive", tree, home / ".cache/hvlab"], what="copying the tools tree")
    run(["chown", "--recursive", "--no-dereference", f"{number}:{number}", home], what="giving the files to the user")
    return machine


def _put_project(target: Path) -> None:
    """Copy the work tree as git knows it."""
    listed = run(["git", "-C", PROJECT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"], what="listing")
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name, follow_symlinks=False)


def tree_in(cache: str) -> Path | None:
    """Return the present tools tree in a cache folder that a variable names; None if none is named."""
    return Path(cache) / tree_name() if cache else None
