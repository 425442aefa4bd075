"""Swap areas are taken out of use, and those that were are put back; swapon and swapoff are stand-ins."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from core.resources.base import Outcome, read_outcomes, render
from core.resources.setting import set_program
from factors.swap import FACTOR

HEAD = "Filename                                Type            Size            Used            Priority\n"
# An area's name is its line; a blank in it is \040 in the kernel's list.
TOOLS = {
    "swapon": 'case $1 in -a) new=/dev/vda3;; LABEL=*) exit 1;; *) new=$(echo "$1" | sed "s/ /\\\\\\\\040/g");; esac\n'
    '[ "$new" = /dev/vda3 ] && [ -e "$FOLDER/none" ] && exit 0\n'
    'printf "%s                partition       4194300         0               -2\\n" "$new" >>"$FOLDER/swaps"\n',
    "swapoff": 'old=$(echo "$1" | sed "s/ /\\\\\\\\040/g"); grep -vF "$old " "$FOLDER/swaps" >"$FOLDER/new"\n'
    'mv "$FOLDER/new" "$FOLDER/swaps"\n',
}


class Host:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        for name, text in TOOLS.items():
            (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}")
            (folder / "bin" / name).chmod(0o755)
        assert FACTOR.setting is not None
        texts = (FACTOR.setting.read, FACTOR.setting.write)
        read, write = (text.replace("/proc/swaps", f"{folder}/swaps") for text in texts)
        self.setting = replace(FACTOR.setting, read=read, write=write)

    def use(self, *areas: str) -> None:
        rows = (f"{area}   partition   4194300  0  -2\n" for area in areas)
        (self.folder / "swaps").write_text(HEAD + "".join(rows))

    @property
    def used(self) -> list[str]:
        return sorted(line.split()[0] for line in (self.folder / "swaps").read_text().splitlines()[1:])

    def run(self, program: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "FOLDER": str(self.folder)}
        return subprocess.run(
            ["sh", "-s"], input=program, env=environ, capture_output=True, text=True, check=False, timeout=30
        )

    def set(self, on: bool) -> subprocess.CompletedProcess[str]:
        return self.run(set_program([(self.setting, FACTOR.written(on))]))

    def remember(self) -> str:
        outcomes = read_outcomes(self.run(render("claim", [self.setting.resource])).stdout)
        (value,) = (outcome.detail for outcome in outcomes if outcome.result == "remembered")
        return value

    def restore(self, value: str) -> list[Outcome]:
        return read_outcomes(self.run(render("remove", [self.setting.resource.with_memory(value)])).stdout)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize("areas", [("/dev/vda3",), ("/dev/sda2", r"/swap\040file"), ()])
@pytest.mark.parametrize("on", [True, False])
def test_what_was_in_use_is_in_use_again(host: Host, areas: tuple[str, ...], on: bool) -> None:
    host.use(*areas)
    before = host.remember()
    done = host.set(on)
    assert done.returncode == 0, done.stderr
    assert bool(host.used) == on
    changed = bool(areas) != on
    assert [each.result for each in host.restore(before)] == (["removed"] if changed else [])
    assert host.used == sorted(areas)


def test_a_host_without_an_area_says_what_to_do(host: Host, tmp_path: Path) -> None:
    host.use()
    (tmp_path / "none").touch()
    done = host.set(True)
    assert done.returncode == 1
    assert done.stderr == "swap cannot be set to on: there is no swap area: make one, or set factors.swap = false\n"
