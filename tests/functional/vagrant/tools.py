"""Runs Vagrant, Ruby and the project's wrappers against commands that only note how they were called."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[3]
VAGRANT = PROJECT / "vagrant"
TOPOLOGY = Path(__file__).parent / "topology.json"
# Vagrant's name of each provider.
PROVIDERS = ("libvirt", "xen", "virtualbox")

# Notes its arguments as one line of JSON, then does what the answers file says for the first key that the
# arguments contain: {"KEY": [exit status, standard output, standard error]}.
FAKE = """#!/usr/bin/env python3
import json, pathlib, select, sys
here = pathlib.Path(__file__).parent
line = " ".join(sys.argv[1:])
piped = sys.stdin.read() if "/proc/self/fd/0" in line else ""
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([*sys.argv[1:], piped]) + "\\n")
for key, (status, out, err) in json.loads((here / "answers.json").read_text()).items():
    if key in line:
        sys.stdout.write(out); sys.stderr.write(err); sys.exit(status)
"""


@dataclass(frozen=True)
class FakeCommand:
    """A command in a folder of its own, to be put before all others in PATH."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, name: str, answers: dict[str, tuple[int, str, str]]) -> "FakeCommand":
        folder.mkdir()
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
        (folder / "answers.json").write_text(json.dumps(answers))
        return cls(folder)

    @property
    def calls(self) -> list[list[str]]:
        """Each call's arguments; the last is what was piped in, if it was read."""
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def require(command: str) -> None:
    """Fail, rather than skip, where a command is missing: the project's test command installs it."""
    assert shutil.which(command), f"{command} is not installed: ./invoke test installs it"


def run(
    arguments: list[str], environment: dict[str, str], path: Path | None = None, timeout: int = 60
) -> "subprocess.CompletedProcess[str]":
    """Run a command with `path` before PATH; return how it ended."""
    full = {**os.environ, **environment}
    if path is not None:
        full["PATH"] = f"{path}{os.pathsep}{full['PATH']}"
    return subprocess.run(
        arguments, env=full, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
    )


@dataclass(frozen=True)
class Vagrant:
    """Vagrant with a home and notes of its own.

    Attributes:
        path: Folder to put before PATH.
    """

    folder: Path
    provider: str
    topology: Path = TOPOLOGY
    path: Path | None = None

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `vagrant ARGUMENTS`."""
        require("vagrant")
        environment = {
            "HVLAB_TOPOLOGY": str(self.topology),
            "VAGRANT_CWD": str(VAGRANT),
            "VAGRANT_HOME": str(self.folder / "home"),
            "VAGRANT_DOTFILE_PATH": str(self.folder / "notes"),
            "VAGRANT_DEFAULT_PROVIDER": self.provider,
            "VAGRANT_CHECKPOINT_DISABLE": "1",
            "VAGRANT_BOX_UPDATE_CHECK_DISABLE": "1",
            "VAGRANT_NO_COLOR": "1",
        }
        return run(["vagrant", *arguments], environment, self.path)

    def add_box(self, name: str, version: str, provider: str, metadata: dict[str, object]) -> Path:
        """Put a box into Vagrant's home without asking Vagrant; return its folder."""
        box = self.folder / "home" / "boxes" / name.replace("/", "-VAGRANTSLASH-") / version / provider
        box.mkdir(parents=True)
        (box / "metadata.json").write_text(json.dumps({"provider": provider, **metadata}))
        return box
