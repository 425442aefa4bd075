"""New kernel errors mark a run as suspect; those of every boot, and those known to be harmless, do not."""

import re
import subprocess
from pathlib import Path

from dataset.journal import read_journal
from dataset.models import load_study
from study.measure.kernel_log import COMMAND
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take

# Typed after the form of `dmesg -r` (util-linux 2.38): <level>[seconds] text. The WRMSR line was seen on a lab host.
BOOT = "<3>[    1.966088] calibrate_delay_direct() failed to get a good estimate for loops_per_jiffy.\n"
HARMLESS = "<3>[   94.611953] kvm [342]: vcpu0, guest rIP: 0xffffffff84c7e744 Unhandled WRMSR(0xc0010007) = 0xffff\n"
ERROR = "<3>[  120.000001] EXT4-fs error (device vda): bad extent\n"
WARNING = "<4>[  130.000001] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 x+0x1/0x2\n"
LOCKUP = "<0>[  140.000001] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [qemu:448]\n"


def test_the_command_picks_the_lines(tmp_path: Path) -> None:
    log = "<6>[    0.000001] Linux version 6.1\n<30>[    1.0] init: BUG: of a program\n" + BOOT + WARNING + LOCKUP
    (tmp_path / "dmesg.txt").write_text(log)
    (tmp_path / "dmesg").write_text("#!/bin/sh\ncat dmesg.txt\n")
    (tmp_path / "dmesg").chmod(0o755)
    run = ["env", f"PATH={tmp_path}:/usr/bin:/bin", "sh", "-c", COMMAND]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == BOOT + WARNING + LOCKUP
    assert not (tmp_path / "log").exists()
    (tmp_path / "dmesg.txt").write_text("")
    assert subprocess.run(run, cwd=tmp_path, capture_output=True, check=True).stdout == b""
    (tmp_path / "dmesg.txt").unlink()
    assert subprocess.run(run, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_study_tells_it(tmp_path: Path) -> None:
    lab = FakeLab(tmp_path / "state", fake_settings(1))
    lab.kernel_says[1] = ERROR + WARNING + HARMLESS
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    (run,) = load_study(folder).runs
    assert [re.sub(r"\[.*", "", line) for line in run.suspect] == ["vm-1: ", "vm-1: "]
    assert run.status == "finished"
    (event,) = [event for event in read_journal(folder / "journal.jsonl") if event["event"] == "kernel errors"]
    assert event["lines"] == run.suspect
    assert check(folder) == []
