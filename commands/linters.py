"""The linters that `./invoke lint` runs, and the files that they check."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

# Debian packages of the linters that are not Python programs.
PACKAGES = ("shellcheck", "rubocop")
# Hidden folders hold no source files but this one.
_HIDDEN = (".ci/run",)
_GENERATED = {"studies", "calibrations", "__pycache__"}
_SHELLS = (b"#!/bin/sh", b"#!/bin/busybox sh", b"#!/usr/bin/env bash", b"# shellcheck shell=")


def commands(project: Path) -> list[Sequence[str]]:
    """Return the command line of every linter, to be run in the project's folder."""
    programs = Path(sys.executable).parent
    return [
        [str(programs / "ruff"), "check"],
        [str(programs / "ruff"), "format", "--check"],
        [str(programs / "mypy")],
        [str(programs / "lint-imports")],
        ["shellcheck", *shell_scripts(project)],
        ["rubocop", "--cache", "false", "--format", "simple"],
    ]


def shell_scripts(project: Path) -> list[str]:
    """Return the project's shell scripts, relative to its folder: *.sh, and files that begin as a script does."""
    found = [path for path in _files(project) if path.suffix == ".sh" or _is_shell(path)]
    return sorted(str(path.relative_to(project)) for path in [*found, *(project / name for name in _HIDDEN)])


def _files(project: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(project):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _GENERATED]
        yield from (Path(folder) / name for name in names)


def _is_shell(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(32).startswith(_SHELLS)
