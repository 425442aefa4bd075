"""The Python packages of requirements.txt as wheels, from which `./invoke` sets up .venv without a network."""

import platform
import shutil
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

from core.console import step
from core.paths import PROJECT
from core.process import run
from lab.images.cache import cached

REQUIREMENTS = PROJECT / "requirements.txt"


def _licence(wheel: Path) -> str:
    """Return what a wheel's metadata says of its licence; "" if nothing."""
    with zipfile.ZipFile(wheel) as content:
        name = next(name for name in content.namelist() if name.endswith(".dist-info/METADATA"))
        facts = Parser().parsestr(content.read(name).decode(errors="replace"), headersonly=True)
    classifiers = [str(it).rpartition(" :: ")[2] for it in facts.get_all("Classifier", []) if "License ::" in str(it)]
    text = str(facts["License-Expression"] or ", ".join(classifiers) or facts["License"] or "")
    return " ".join(text.split())[:100]


def _build(folder: Path) -> dict[str, object]:
    with step("Python packages: wheels for requirements.txt"):
        run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--require-hashes",
             "--requirement", REQUIREMENTS, "--wheel-dir", folder],
            what="collecting the packages of requirements.txt",
            hint="is the package index reachable?",
        )  # fmt: skip
    shutil.copyfile(REQUIREMENTS, folder / REQUIREMENTS.name)
    found = sorted(folder.glob("*.whl"))
    versions = dict(wheel.name.split("-")[:2] for wheel in found)
    licences = {wheel.name.split("-")[0]: _licence(wheel) for wheel in found}
    return {"versions": versions, "licences": licences, "python": platform.python_version()}


def wheels() -> Path:
    """Return the folder of the wheels, collecting them (a minute and 300 MB) if they are not in the cache.

    Raises:
        HvlabError: The package index cannot be reached.
    """
    inputs: dict[str, str | Path] = {
        "requirements": REQUIREMENTS,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "machine": platform.machine(),
    }
    return cached("wheels", inputs, _build)
