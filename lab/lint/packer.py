"""What is wrong with Packer's files: what Packer says, and what only we know (the pinned ISO, the kickstart)."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions
from lark.exceptions import LarkError

from core.errors import HvlabError
from lab.connectors.ssh_config import make_key
from lab.images.guest import BUILD_VARIABLES
from lab.lint.finding import Finding
from lab.media.manifest import SUFFIX, media_of

VARIABLES = ".pkrvars.hcl"
_PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)
_HUNK = re.compile(r"^@@ -(\d+)", re.M)
# "Error: what" and, some lines on, "on FILE line N:" (newer Packers: "on FILE line N, in block:").
_DIAGNOSIS = re.compile(r"^Error: (?P<what>.+?)$(?P<rest>.*?)(?=^Error: |\Z)", re.M | re.S)
_PLACE = re.compile(r"on (?P<file>\S+) line (?P<line>\d+)")


@dataclass(frozen=True)
class VarFile:
    """A guest OS's variables.

    Attributes:
        path: Where it lies.
        lines: Its lines.
        values: As the file has them.
        template: Name of each variable that the template declares, and whether it has a default.
        kickstarts: Folder of the kickstart files.
    """

    path: Path
    lines: tuple[str, ...]
    values: dict[str, Any]
    template: dict[str, bool]
    kickstarts: Path

    def finding(self, name: str, rule: str, words: str) -> Finding:
        """Return a finding at the variable `name`."""
        line = next((n for n, text in enumerate(self.lines, 1) if re.match(rf"{name}\b", text)), 1)
        return Finding(self.path, line, rule, words)

    def text(self, name: str) -> str:
        """Return a variable as text; a list's elements are joined."""
        value = self.values.get(name, "")
        return "".join(map(str, value)) if isinstance(value, list) else str(value)


def read_hcl(path: Path) -> dict[str, Any]:
    """Return what a HCL file says.

    Raises:
        HvlabError: If it is not HCL.
    """
    try:
        return dict(hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=_PLAIN))
    except UnicodeDecodeError as error:
        raise HvlabError(f"{path} is not UTF-8", "save it as UTF-8") from error
    except LarkError as error:
        raise HvlabError(f"{path} is not HCL: {str(error).splitlines()[0]}", "packer fmt shows where") from error


def right_name(file: VarFile) -> Iterator[Finding]:
    """The variable `os` must equal the file's name, by which hvlab finds the file."""
    if file.text("os") != file.path.name.removesuffix(VARIABLES):
        yield file.finding("os", "right-name", f"os is {file.text('os')!r}, the file's name says otherwise")


def pinned_iso(file: VarFile) -> Iterator[Finding]:
    """What is installed from must be what it was."""
    if "iso_url" in file.values and not re.fullmatch(r"sha256:[0-9a-f]{64}", file.text("iso_checksum")):
        yield file.finding("iso_checksum", "pinned-iso", "the ISO's checksum must be sha256: and 64 hex digits")


def listed_iso(file: VarFile) -> Iterator[Finding]:
    """The list of media and Packer's variables name the same ISO."""
    name = file.path.name.removesuffix(VARIABLES)
    if not (file.kickstarts / f"{name}{SUFFIX}").is_file():
        return
    listed = media_of(name, file.kickstarts).wanted.iso
    if file.text("iso_checksum") != f"sha256:{listed.sha256}":
        yield file.finding("iso_checksum", "listed-iso", f"{name}{SUFFIX} has another checksum")
    if not file.text("iso_url").endswith(f"/{listed.path}"):
        yield file.finding("iso_url", "listed-iso", f"{name}{SUFFIX} has another path")


def kickstart_named(file: VarFile) -> Iterator[Finding]:
    """There is a kickstart file of the guest OS's name, and the boot command sends the installer to it."""
    name = f"{file.text('os')}.ks"
    if not (file.kickstarts / name).is_file():
        yield file.finding("os", "kickstart-named", f"{file.kickstarts.name}/{name} is not there")
    if f"ks=http://{{{{ .HTTPIP }}}}:{{{{ .HTTPPort }}}}/{name}" not in file.text("boot_command"):
        words = f"the boot command must have ks=http://{{{{ .HTTPIP }}}}:{{{{ .HTTPPort }}}}/{name}"
        yield file.finding("boot_command", "kickstart-named", words)


def declared(file: VarFile) -> Iterator[Finding]:
    """Packer only warns of a variable that the template does not declare, such as a misspelt one."""
    for name in file.values:
        if name not in file.template:
            yield file.finding(name, "declared", f"the template declares no variable {name}")


def all_set(file: VarFile) -> Iterator[Finding]:
    """A variable without a default that nobody sets ends the build."""
    for name, has_default in file.template.items():
        if not has_default and name not in file.values and name not in BUILD_VARIABLES:
            yield Finding(file.path, 1, "all-set", f"no {name}, which the template needs")


Rule = Callable[[VarFile], Iterator[Finding]]
VAR_RULES: tuple[Rule, ...] = (right_name, pinned_iso, listed_iso, kickstart_named, declared, all_set)


def _packer(*words: str | Path) -> tuple[int, str]:
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1"}
    done = subprocess.run(
        ["packer", *map(str, words)], capture_output=True, text=True, errors="replace", timeout=120, check=False,
        env=environment,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def well_formed(path: Path) -> Iterator[Finding]:
    """Hold a file against `packer fmt`."""
    status, said = _packer("fmt", "-check", "-diff", path)
    if status:
        hunk = _HUNK.search(said)
        words = "packer fmt would change it" if hunk else " ".join(said.split())
        yield Finding(path, int(hunk[1]) if hunk else 1, "packer-fmt", words)


def _stand_in(name: str, scratch: Path) -> str:
    """Return something that Packer accepts for a variable that hvlab sets when it builds."""
    digits = "0" * 64
    known = {
        "accelerator": "tcg",
        "disk_size": "20G",
        "disk_sha256": digits,
        "iso_checksum": f"sha256:{digits}",
        # Read as a key, already now.
        "ssh_private_key_file": str(scratch / "key"),
        # Must not be there.
        "output": str(scratch / "output"),
        "http_directory": str(scratch),
    }
    # Else a file that is there.
    return known.get(name, str(scratch / "file"))


def template_variables(template: Path) -> dict[str, bool]:
    """Return the name of each variable that a template declares, and whether it has a default.

    Raises:
        HvlabError: The template is not HCL.
    """
    blocks = read_hcl(template).get("variable", [])
    return {name.strip('"'): "default" in body for block in blocks for name, body in block.items()}


def valid(template: Path, file: VarFile) -> Iterator[Finding]:
    """Hold a template with a var file against `packer validate`; only what hvlab sets has stand-ins."""
    with tempfile.TemporaryDirectory() as scratch:
        make_key(Path(scratch) / "key")
        (Path(scratch) / "file").write_text("true\n")
        settings: list[str | Path] = [f"-var-file={file.path}"]
        for name in BUILD_VARIABLES:
            if name in file.template and name not in file.values:
                settings += ["-var", f"{name}={_stand_in(name, Path(scratch))}"]
        status, said = _packer("validate", *settings, template)
    if not status:
        return
    found = list(_DIAGNOSIS.finditer(said))
    for diagnosis in found:
        place = _PLACE.search(diagnosis["rest"])
        path = Path(place["file"]) if place else file.path
        words = " ".join(_PLACE.sub("", diagnosis["rest"]).replace("(source code not available)", "").split())
        words = f"{diagnosis['what']}: {words.lstrip(': ')}"
        yield Finding(path, int(place["line"]) if place else 1, "packer-validate", words)
    if not found:
        yield Finding(file.path, 1, "packer-validate", " ".join(said.split()))


def check_var_file(path: Path, template: Path, kickstarts: Path) -> list[Finding]:
    """Return all that is wrong with a guest OS's variables."""
    try:
        file = VarFile(
            path,
            tuple(path.read_text(encoding="utf-8", errors="replace").splitlines()),
            read_hcl(path),
            template_variables(template),
            kickstarts,
        )
    except HvlabError as error:
        return [Finding(path, 1, "hcl", error.message)]
    return [*(finding for rule in VAR_RULES for finding in _findings(rule, file)), *valid(template, file)]


def _findings(rule: Rule, file: VarFile) -> list[Finding]:
    """Apply a rule; that another file cannot be read is a finding, too, and the other rules are applied."""
    try:
        return list(rule(file))
    except HvlabError as error:
        return [Finding(file.path, 1, rule.__name__.replace("_", "-"), error.message)]
