"""A Debian archive in a folder, for tests."""

import hashlib
import shutil
from pathlib import Path

from lab.images.host import Origin, recipe


def archive(folder: Path, versions: dict[str, str]) -> Origin:
    """Write an archive that has some packages, in place of one that is there; it is not signed."""
    shutil.rmtree(folder, ignore_errors=True)
    lines = []
    stanza = "Package: {}\nVersion: {}\nArchitecture: amd64\nFilename: pool/{}.deb\nSize: 1\nSHA256: {}\n\n"
    text = "".join(stanza.format(name, version, name, "0" * 64) for name, version in versions.items())
    for component in recipe(Origin()).components:
        path = folder / "dists/sid" / component / "binary-amd64/Packages"
        path.parent.mkdir(parents=True)
        path.write_text(text if component == "main" else "")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f" {digest} {path.stat().st_size} {component}/binary-amd64/Packages\n")
    components = " ".join(recipe(Origin()).components)
    head = f"Origin: Debian\nSuite: unstable\nCodename: sid\nArchitectures: amd64\nComponents: {components}\n"
    dated = "Date: Tue, 01 Sep 2026 08:00:00 UTC\nSHA256:\n"
    (folder / "dists/sid/Release").write_text(head + dated + "".join(lines))
    return Origin(mirror=f"file://{folder}")
