"""A lab for tests: the kit's own shell programs run on this machine, with stand-ins for the tools they call.

Run as a program it takes a study in a folder, or goes on with the one that is there; that is what the tests kill:
python -m tests.functional.study.fakelab ROOT GUESTS REPEATS
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from core.errors import HvlabError
from core.pace import Pace
from hypervisors.base import Hypervisor
from lab.connectors.base import Completed
from lab.connectors.patience import Patience
from lab.connectors.ssh_config import Ssh
from lab.guests.diagnostics import GuestFailure
from lab.hosts.hardware import Description
from lab.settings import Settings
from study.plan import Plan
from study.study import Judge, Study
from tests.support.recorded import ROOT as FIXTURES

_MPSTAT = """\
printf 'Linux 6.1.0 (labhost) \\t2026-11-22 \\t_x86_64_\\t(2 CPU)\\n\\n'
head='CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle'
row='all    1.00    0.00    0.50    0.00    0.00    0.00    0.00    0.00    0.00   98.50'
printf '19:11:46     %s\\n' "$head"
n=0; while [ $n -lt $2 ]; do n=$((n+1)); printf '19:11:51     %s\\n' "$row"; done
printf 'Average:     %s\\n' "$row"
"""
# A guest costs 150 MiB, and the run's number one more, so that repeats differ.
_FREE = """\
count=1
while [ $# -gt 0 ]; do [ "$1" = -c ] && count=$2; shift; done
set -- $(cat "$FAKE/guests"); taken=$(( $# * 150 + $(cat "$FAKE/run") ))
n=0; while [ $n -lt $count ]; do
    [ $n = 0 ] || echo
    n=$((n+1))
    printf '%15s %s\\n' '' 'total        used        free      shared  buff/cache   available' | cut -c2-
    printf 'Mem:    %12d%12d%12d%12d%12d%12d\\n' 3913 $((200 + taken)) $((3600 - taken)) 8 113 $((3713 - taken))
    echo 'Swap:           2047           0        2047'
done
"""
# As the factors' defaults ask.
_KERNEL = """\
/sys/kernel/mm/ksm/run:0
/sys/kernel/mm/ksm/pages_shared:0
/sys/kernel/mm/ksm/pages_sharing:0
/sys/kernel/mm/ksm/full_scans:0
/sys/kernel/mm/transparent_hugepage/enabled:[always] madvise never
"""
_MEMORY = """\
SwapTotal:       4194300 kB
SwapFree:        4194300 kB
drop_pagecache 0
"""
# The manager's window, as the kit's program on the lab host tells it; $FAKE/manager has its process while it is open.
_SCREEN = """\
case "$*" in
*"on_host.py open "*) echo 77 >"$FAKE/manager";;
*"on_host.py picture "*) printf 'P5\\n8 8\\n255\\n%032d%s' 0 "$(printf '%32s')"; exit;;
*"on_host.py look "*) ;;
*) exec /usr/bin/env "$@";;
esac
window=; wanted=null
if [ -e "$FAKE/manager" ]; then
    name='"title": "Virtual Machine Manager"'
    window="{\\"id\\": 9, $name, \\"pid\\": $(cat "$FAKE/manager"), \\"place\\": [0, 0, 8, 8]}"
    wanted=9
fi
echo "{\\"screen\\": [8, 8], \\"windows\\": [$window], \\"wanted\\": $wanted, \\"answered_s\\": 0.1}"
"""
_TOOLS = {
    "env": _SCREEN,
    "mpstat": _MPSTAT,
    "free": _FREE,
    "grep": 'case $1 in -sH) shift 2; for f; do /bin/grep "^$f:" "$FAKE/kernel"; done;; '
    '-hE) /bin/grep -hE "$2" "$FAKE/memory";; *) exec /bin/grep "$@";; esac\n',
    # The guests' disks, for the meter `factors`; for `image-size` there are none.
    "find": '[ "$2" = -maxdepth ] || exit 0\n'
    'for g in $(cat "$FAKE/guests"); do echo "{\\"filename\\": \\"/kvm/$g.img\\", \\"virtual-size\\": 9,'
    ' \\"actual-size\\": 1}"; done\n',
    "ls": f"cat '{FIXTURES}/disk/coreutils-9.1.txt'\n",
    # Half of the screen is white.
    "virsh": 'if [ "$3" = screenshot ]; then printf "P5\\n8 8\\n255\\n%032d%s" 0 "$(printf "%32s")" > "$5"; exit; fi\n'
    "echo ' Id   Name      State'; echo '------'; n=0\n"
    'for g in $(cat "$FAKE/guests"); do n=$((n+1)); echo " $n    $g   running"; done\n',
    "sleep": "exec /bin/sleep 0.02\n",
    # A guest's sshd.
    "pgrep": 'ln -sf /bin/sleep "$FAKE/tools/sshd"; "$FAKE/tools/sshd" 2 >/dev/null 2>&1 & echo $!; /bin/sleep 0.05\n',
    "sudo": 'exec "$@"\n',
    "dmesg": '[ "$1" = -r ] && cat "$FAKE/kernel.log" || echo "[    0.1] Booting paravirtualized kernel on KVM"\n',
    # The programs' own folders must not outlive a test.
    "mktemp": 'exec /usr/bin/mktemp -d "$FAKE/reading.XXXXXX"\n',
    "who": "echo 'root     tty7         2026-11-22 19:11'\n",
}


def make_tools(folder: Path, tools: Mapping[str, str] = _TOOLS) -> None:
    """Write the stand-ins. Each sets FAKE itself: nothing of an environment reaches the meters' commands."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tools.items():
        (folder / name).write_text(f"#!/bin/sh\nexport FAKE='{folder.parent}'\n{text}")
        (folder / name).chmod(0o755)


@dataclass(frozen=True)
class LocalShell(Ssh):
    """Runs everything on this machine.

    Attributes:
        state: Folder of the stand-in tools.
        breaks: Called with each standard input before the line runs; raises what happens to the connection.
    """

    state: Path = field(default=Path())
    breaks: Callable[[bytes], None] = field(default=lambda stdin: None)

    def command(self, remote: str, *options: str) -> list[str]:
        path = f"{self.state / 'tools'}:{os.environ['PATH']}"
        return ["env", f"PATH={path}", f"FAKE={self.state}", "sh", "-c", remote]

    @contextmanager
    def shared_connection(self, socket: Path) -> Iterator[None]:
        """Hold nothing: there is no connection."""
        yield

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        self.breaks(stdin)
        done = subprocess.run(self.command(remote), input=stdin, capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)


class FakeLab:
    """Stands for `lab.bringup.Lab`; its state is the names of its guests in a file."""

    def __init__(self, state: Path, settings: Settings) -> None:
        make_tools(state / "tools")
        # By this a folder is known as a lab's.
        (state / "console.log").write_text("")
        self.settings, self.state, self.pace = settings, state, Pace()
        self.shell = LocalShell(state / "ssh_config", "labhost", state, patience=Patience(0))
        self.elsewhere: dict[str, HvlabError] = {}
        self.host = SimpleNamespace(
            kind="nested", shell=self.shell, accelerator="tcg", versions={}, key="host-fake",
            console_log=lambda: "console.log", identity=dict, died=lambda: None,
            obstacle=lambda provider: self.elsewhere.get(provider.name),
        )  # fmt: skip
        self.boxes = SimpleNamespace(name="hvlab/debian-12", version="1")
        self.box_version: str | None = None
        self.guest = SimpleNamespace(versions={"linux-image-amd64": "6.1"})
        self.images = lambda: {"host-0123456789abcdef": "0" * 64}
        self.boots = 0
        self.failures: list[GuestFailure] = []
        self.kernel_says: dict[int, str] = {}
        self.manager_ends_with = ""
        (state / "kernel").write_text(_KERNEL)
        (state / "memory").write_text(_MEMORY)

    def _guests(self, names: list[str]) -> None:
        (self.state / "guests").write_text(" ".join(names))
        with (self.state / "kernel.log").open("a") as log:
            log.write(self.kernel_says.get(len(names), ""))

    def boot(self, name: str) -> None:
        self.boots += 1
        (self.state / "run").write_text(f"{self.boots}\n")
        (self.state / "kernel.log").write_text("<6>[    0.000001] Linux version 6.1\n<3>[    0.5] usual error\n")
        self._guests([])

    def up(self, provider: Hypervisor, guest: str) -> int:
        self._guests([*(self.state / "guests").read_text().split(), guest])
        if guest == self.manager_ends_with:
            (self.state / "manager").unlink()
        return 1

    def take_failures(self) -> list[GuestFailure]:
        taken, self.failures = self.failures, []
        return taken

    def why_ended(self, provider: Hypervisor, guest: str) -> str:
        return f"{guest} met its end"

    def explained(self, error: HvlabError) -> HvlabError:
        return error

    def guest_ssh(self, guest: str, patience: Patience | None = None) -> Ssh:
        return self.shell

    def down(self) -> None:
        (self.state / "guests").write_text("")
        (self.state / "manager").unlink(missing_ok=True)


def fake_settings(guests: int, manager: bool = False) -> Settings:
    """Settings under which a stage takes half a second."""
    limits = ("memory_slope_mib_per_min", "memory_spread_mib", "busy_slope_points_per_min", "busy_spread_points")
    settle = {"window_s": 0.1, "give_up_s": 5} | dict.fromkeys(limits, 1e6)
    study = {"free_count": 2, "mpstat_count": 2, "memory_count": 2, "attempts": 1, "manager": manager}
    return Settings.model_validate({"topology": {"guests": guests}, "settle": settle, "study": study})


def _with_versions(answer: Description, provider: Hypervisor) -> Description:
    return replace(answer, versions=dict.fromkeys(provider.version_commands, "1.0") | answer.versions)


@contextmanager
def described() -> Iterator[None]:
    """Answer for the machine's hardware, which is not what these tests are about."""
    answer = Description(
        [("CPU", "fake")], [("/", 15.0, "host")], {"kernel": "6.1", "qemu": "7.2", "libvirt": "9", "mpstat": "12"}
    )
    with (
        patch("study.run.describe", lambda ssh, provider: _with_versions(answer, provider)),
        patch("study.study._controller", lambda nested: {"system": "Linux"}),
        # The stand-ins need not the time that the tools take.
        patch("study.measure.collector.expected_s", lambda lines: 0.3),
        patch("study.measure.collector._ASK_AGAIN_S", 0.05),
        patch("study.measure.collector._ASK_AGAIN_SHARE", 0.0),
    ):
        yield


def take(root: Path, lab: FakeLab, plan: Plan, judge: Judge | None = None) -> Path:
    """Take a whole study."""
    stand_in: Any = lab
    with described():
        return Study.begin(stand_in, root, plan).run(judge)


def resume(folder: Path, lab: FakeLab, judge: Judge | None = None) -> Path:
    """Go on with a study."""
    stand_in: Any = lab
    with described():
        return Study.resume(stand_in, folder).run(judge)


def main() -> None:
    """Take a study in ROOT, or go on with the one there."""
    root, guests, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    lab = FakeLab(root.parent / "state", fake_settings(guests))
    found = sorted(path.parent for path in root.glob("[!.]*/study.json") if not path.parent.is_symlink())
    if found:
        resume(found[-1], lab)
    else:
        take(root, lab, Plan(("kvm",), repeats, 7))


if __name__ == "__main__":
    main()
