"""The folder that the installer's main program runs in: Python, pykickstart, the tools that make partitions.

It lies unpacked on the medium (anaconda calls the same thing stage 2), so that the RAM disk stays small.
"""

import shutil
from pathlib import Path

import pykickstart

from core.console import step
from core.process import run
from lab.images.cache import cached
from lab.images.rootfs import LEAN, Recipe, make_root, slim

RECIPE = Recipe(
    suite="bookworm",
    components=("main",),
    packages=("python3-minimal", "libpython3-stdlib", "fdisk", "e2fsprogs", "util-linux", "mount", "tar",
              "busybox-static"),
    exclude=(*LEAN, "/usr/lib/python3*/test/*", "/usr/lib/python3*/idlelib/*", "/usr/share/zoneinfo/*"),
    variant="extract",
)  # fmt: skip
# pykickstart asks for `requests` when it is imported, and uses it for kickstart files given by address; the installer
# gives it text, so these two stand for it. The real one would add three packages and take seconds to load.
_REQUESTS = {
    "__init__.py": "",
    "exceptions.py": "class RequestException(Exception): ...\nclass SSLError(RequestException): ...\n",
}
_MOUNT_POINTS = ("proc", "sys", "dev", "tmp")


def _add_python_packages(root: Path) -> None:
    packages = root / "usr/lib/python3/dist-packages"
    packages.mkdir(parents=True, exist_ok=True)
    shutil.copytree(
        Path(pykickstart.__file__).parent, packages / "pykickstart", ignore=shutil.ignore_patterns("__pycache__")
    )
    (packages / "requests").mkdir()
    for name, text in _REQUESTS.items():
        (packages / "requests" / name).write_text(text)


def compile_python(root: Path, folder: str) -> None:
    """Compile the Python files below a folder of `root` with its own Python: a CD-ROM cannot keep what is compiled."""
    run(["chroot", root, "python3", "-m", "compileall", "-q", folder], what="compiling the installer")


def _build(folder: Path) -> dict[str, object]:
    root = folder / "root"
    with step("Installer: unpacking Python and the tools"):
        make_root(RECIPE, root, folder / "build.log")
        slim(root)
        for name in _MOUNT_POINTS:
            shutil.rmtree(root / name, ignore_errors=True)
            (root / name).mkdir()
        shutil.rmtree(root / "var")
        _add_python_packages(root)
        compile_python(root, "/usr/lib")
    return {"pykickstart": pykickstart.__version__}


def stage2_inputs() -> dict[str, str | Path]:
    """Return everything that the folder is made from."""
    return {
        "recipe of stage 2": repr(RECIPE),
        "pykickstart": pykickstart.__version__,
        "rootfs.py": Path(__file__).parents[1] / "images/rootfs.py",
        "stage2.py": Path(__file__),
    }


def stage2_folder() -> Path:
    """Return the folder, making it (half a minute) if it is not in the cache.

    Raises:
        HvlabError: If it cannot be made.
    """
    return cached("installer-stage2", stage2_inputs(), _build) / "root"
