"""The ticks of mpstat's window: read when it has begun to wait, and when it has ended."""

import subprocess
from pathlib import Path

import pytest

from study.calibration import cpu_window

# Works before it sleeps, as mpstat does when it starts; then pauses until its alarm, as mpstat does between samples.
MPSTAT = """\
my $until = times() + 0.3; 1 while times() < $until;
$SIG{ALRM} = sub { }; alarm 1; syscall 34; print "Average:\\n";
"""


def test_the_window_begins_when_mpstat_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_window, "_FILE", str(tmp_path / "ticks"))
    (tmp_path / "mpstat.pl").write_text(MPSTAT)
    line = cpu_window.around(f"LC_ALL=C perl {tmp_path}/mpstat.pl")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout == "Average:\n"
    found = cpu_window.parse((tmp_path / "ticks").read_text())
    # The 0.3 s before it are not in it.
    assert found.seconds == pytest.approx(1, abs=0.15)
    assert len(found.before) == len(found.after) == 10


def test_a_meter_that_fails_fails_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_window, "_FILE", str(tmp_path / "ticks"))
    done = subprocess.run(["sh", "-c", cpu_window.around("LC_ALL=C false 2 5")], capture_output=True, check=False)
    assert done.returncode == 1
