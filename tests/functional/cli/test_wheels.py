"""`./invoke` sets up .venv from the wheels of a bundle, in the cache or in the file, and asks no index then."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.bundle.form import header, padding

# Stands for Python: makes an environment whose pip notes its words.
PYTHON = """\
#!/bin/sh
[ "$1" = -c ] && exit 0
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$@" >>"%s"\\n' "$NOTES" >"$3/bin/pip"
printf '#!/bin/sh\\necho "invoke $*"\\n' >"$3/bin/invoke"
chmod +x "$3/bin/pip" "$3/bin/invoke"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy2(PROJECT / "invoke", folder / "invoke")
    (folder / "requirements.txt").write_text("one==1 --hash=sha256:00\n")
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return folder


def wheels_in(folder: Path, requirements: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text(requirements)
    (folder / "one-1-py3-none-any.whl").write_text("")
    return folder


def set_up(project: Path, *words: str) -> str:
    """Call `./invoke`; return what pip was told."""
    notes = project.parent / "notes"
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(project.parent), "HVLAB_CACHE": str(project.parent / "cache"),
        "HVLAB_PYTHON": str(project.parent / "python"), "NOTES": str(notes), "TMPDIR": str(project.parent),
    }  # fmt: skip
    done = subprocess.run(
        [project / "invoke", *words], env=environment, cwd=project.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"invoke {' '.join(words)}\n"
    assert list(project.parent.glob("tmp.*")) == []
    return notes.read_text()


def test_from_the_cache(project: Path) -> None:
    wheels_in(project.parent / "cache/wheels-0000000000000000", "another==1\n")
    own = wheels_in(project.parent / "cache/wheels-0123456789abcdef", (project / "requirements.txt").read_text())
    assert set_up(project, "doctor") == f"install -qq --no-deps --no-index {own}/one-1-py3-none-any.whl\n"


@pytest.mark.parametrize("requirements", ["one==1 --hash=sha256:00\n", "another==1\n"])
def test_from_the_file_that_is_imported(project: Path, requirements: str) -> None:
    folder = wheels_in(project.parent / "packed", requirements)
    tar = subprocess.run(["tar", "-c", "-C", folder, "."], capture_output=True, check=True).stdout
    packed = subprocess.run(["zstd", "-qc"], input=tar, capture_output=True, check=True).stdout
    shutil.rmtree(folder)
    name = "wheels-0123456789abcdef.tar.zst"
    bundle = project.parent / "a b.bundle"
    bundle.write_bytes(header(name, len(packed)) + packed + padding(len(packed)) + bytes(1024))
    told = set_up(project, "image.import", "a b.bundle")
    if requirements.startswith("one"):
        assert told.startswith("install -qq --no-deps --no-index ")
        assert told.endswith("/one-1-py3-none-any.whl\n")
    else:
        assert "--require-hashes" in told


def test_from_the_index_where_there_are_none(project: Path) -> None:
    assert "--require-hashes" in set_up(project, "doctor")
