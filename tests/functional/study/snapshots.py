"""What a folder holds, for a comparison before and after."""

from hashlib import sha256
from pathlib import Path


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return each path's mode, owner and content (of a link: where it leads)."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else ""
        if path.is_file() and not path.is_symlink():
            content = sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(folder).as_posix()] = (status.st_mode, status.st_uid, content)
    return found
