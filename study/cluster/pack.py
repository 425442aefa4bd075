"""A run's folder on its way from a worker: packed there, unpacked and verified here."""

import io
import stat
import tarfile
from pathlib import Path

from core.errors import HvlabError
from dataset.captures import INDEX_FILE, check_index, run_name
from dataset.journal import NAME
from dataset.measurements import MEASUREMENTS_FILE, read_measurements
from dataset.paths import is_inside

_FILE_MODE = 0o644


def pack(folder: Path) -> bytes:
    """Return a folder's files as an archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.add(path, str(path.relative_to(folder)), recursive=False)
    return stream.getvalue()


def unpack(packed: bytes, target: Path, provider: str, repeat: int) -> None:
    """Write a run's files into a new folder and verify them by the digests in its indexes.

    Args:
        packed: What `pack` returned on the worker.
        target: The folder; it is made.
        provider: Name of the hypervisor that was asked for.
        repeat: The repeat that was asked for.

    Raises:
        HvlabError: Something is missing, was changed on its way, or is not this run's (code `damaged-run`).
    """
    name = run_name(provider, repeat)
    target.mkdir()
    try:
        _extract(packed, target, name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _damaged(name, str(error)) from error
    folders = sorted({path.parent for path in (target / "runs").rglob("*") if path.is_file()})
    problems = [problem for folder in folders for problem in check_index(target, folder)]
    foreign = [row for row in read_measurements(target) if (row.provider, row.repeat) != (provider, repeat)]
    problems += ["a row of another run"] if foreign else []
    if problems or not folders:
        raise _damaged(name, problems[0] if problems else f"no {INDEX_FILE}")


def _extract(packed: bytes, target: Path, name: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for member in archive:
            allowed = member.name in (MEASUREMENTS_FILE, NAME) or member.name.startswith(f"runs/{name}/")
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or not allowed or not is_inside(member.name):
                raise _damaged(name, f"{member.name} is not part of it")
            path = target / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content.read())
            path.chmod(stat.S_IFREG | _FILE_MODE)


def _damaged(name: str, what: str) -> HvlabError:
    return HvlabError(f"run {name} arrived damaged: {what}", "it is run again", code="damaged-run")
