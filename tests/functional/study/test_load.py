"""A study whose guests work, with stand-ins for the load's programs; what is planted is found again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset.measurements import read_measurements
from dataset.models import load_study
from lab.loads.settings import LoadSettings
from lab.loads.supervisor import Task, start
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, LocalShell, fake_settings, make_tools, take
from tests.functional.study.test_pretend_study import TOOLS
from tests.plugged import FOLDER, plugged_in
from tests.support.errors import raises_code
from tests.support.recorded import ROOT as FIXTURES

MEMORY_MIB = 40
CPU_PERCENT = 7
# Each guest's program leaves a file while it runs; the host's tools count them.
_PROGRAM = """\
case "$*" in *--vm*) kind=memory;; *) kind=cpu;; esac
mkdir -p "$FAKE/work"; mark="$FAKE/work/$kind-$$"; : >"$mark"
trap 'rm "$mark"; head -n 7 "{fixtures}/load-$kind/two-guests.txt" | tail -n +2; exit 0' TERM
# Not for ever: it outlives a test that is killed.
n=0; while [ $n -lt 4000 ]; do n=$((n+1)); /bin/sleep 0.1; done
"""
_WORKING = 'working() { set -- "$FAKE/work/$1"-*; [ -e "$1" ] && echo $# || echo 0; }\n'
_FREE = """\
set -- $(cat "$FAKE/guests"); taken=$(( $# * 150 + $(working memory) * {memory} ))
for n in 1 2; do
    [ $n = 1 ] || echo
    printf '%15s %s\\n' '' 'total        used        free      shared  buff/cache   available' | cut -c2-
    printf 'Mem:    %12d%12d%12d%12d%12d%12d\\n' 3913 $((200 + taken)) $((3600 - taken)) 8 113 $((3713 - taken))
    echo 'Swap:           2047           0        2047'
done
"""
_MPSTAT = """\
printf 'Linux 6.1.0 (labhost) \\t2026-11-22 \\t_x86_64_\\t(2 CPU)\\n\\n'
busy=$(( $(working cpu) * {percent} ))
head='CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest  %gnice   %idle'
none='    0.00'
row="all$(printf %5d.00 $busy)$none    0.50$none$none$none$none$none$none$(printf %5d.50 $((99 - busy)))"
printf '19:11:46     %s\\n' "$head"
n=0; while [ $n -lt $2 ]; do n=$((n+1)); printf '19:11:51     %s\\n' "$row"; done
printf 'Average:     %s\\n' "$row"
"""
LOAD_TOOLS = {
    "stress-ng": _PROGRAM.replace("{fixtures}", str(FIXTURES)),
    "free": _WORKING + _FREE.replace("{memory}", str(MEMORY_MIB)),
    "mpstat": _WORKING + _MPSTAT.replace("{percent}", str(CPU_PERCENT)),
    # The stand-in holds no memory.
    "ps": "/bin/ps \"$@\" | awk '{ print $1, $2, $3 + 70000 }'\n",
}
# The parts of a mixed load that need no disk and no network.
MIXED = """\
from loads import cpu, memory
from loads.base import Load

LOAD = Load("office", "office", (memory.PROGRAM, cpu.PROGRAM), (memory.MEMORY, cpu.CPU), memory.LOAD.holds)
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a study of two guests under a load that is one file, added here."""
    folder = tmp_path_factory.mktemp("load")
    (folder / "loads").mkdir()
    (folder / "loads/office.py").write_text(MIXED)
    with plugged_in(FOLDER), plugged_in(folder):
        settings = fake_settings(2)
        load = LoadSettings.model_validate({"kind": "office", "settle": settings.settle.model_dump()})
        topology = settings.topology.model_copy(update={"session": "text"})
        lab = FakeLab(folder / "state", settings.model_copy(update={"topology": topology, "load": load}))
        make_tools(lab.state / "tools", TOOLS | LOAD_TOOLS)
        yield take(folder / "studies", lab, Plan(("kvm",), 1, 7))


def test_idle_and_loaded_stages_are_in_one_whole_dataset(study: Path) -> None:
    assert check(study) == []
    info = load_study(study)
    assert info.parameters.stages == ["booting", "vm-1", "vm-1+load", "vm-2", "vm-2+load", "vm-2+rest"]
    assert info.parameters.load["kind"] == "office"
    assert {it.name for it in info.meters if it.where == "guests"} == {"load-memory", "load-cpu"}
    assert not list(study.glob("../../state/work/*"))


def test_what_was_planted_is_found_again(study: Path) -> None:
    rows = {(row.stage, row.meter, row.metric): row.value for row in read_measurements(study)}
    for guests in (1, 2):
        idle, loaded = f"vm-{guests}", f"vm-{guests}+load"
        taken = rows[idle, "free", "paper_free"] - rows[loaded, "free", "paper_free"]
        assert taken == pytest.approx(guests * MEMORY_MIB, abs=1)
        busy = rows[idle, "mpstat", "idle"] - rows[loaded, "mpstat", "idle"]
        assert busy == pytest.approx(guests * CPU_PERCENT, abs=0.5)
    assert rows["vm-2+rest", "free", "paper_free"] == rows["vm-2", "free", "paper_free"]


def test_each_guests_own_result_is_there(study: Path) -> None:
    rows = {(row.stage, row.metric): row.value for row in read_measurements(study) if row.meter == "load-cpu"}
    assert rows["vm-2+load", "ops_rate:server1"] == rows["vm-2+load", "ops_rate:server2"] == 297.51
    assert ("vm-1+load", "ops_rate:server2") not in rows
    held = (study / "runs/kvm-01/captures/vm-2+load/guest-load-held.txt").read_text().split("\n")
    assert [line.rsplit(" ", 2)[0] for line in held[:2]] == ["server1 load-cpu", "server1 load-memory"]


@pytest.fixture
def guest(tmp_path: Path) -> LocalShell:
    make_tools(tmp_path / "tools", {"sleep": "exec /bin/sleep 0.02\n"})
    make_tools(tmp_path / "tools", {"mktemp": 'exec /usr/bin/mktemp -d "$FAKE/load.XXXXXX"\n'})
    return LocalShell(tmp_path / "ssh_config", "server1", tmp_path)


@pytest.mark.parametrize(
    ("line", "mib", "says"),
    [
        ("sh -c 'echo no such thing >&2; exit 3'", 0, "status 3: no such thing"),
        ("sleepy", 0, "status 127"),
        ("/bin/sleep 600", 4096, "4194304 were asked for"),
    ],
)
def test_a_load_that_does_not_run_as_asked_is_an_error(
    guest: LocalShell, tmp_path: Path, line: str, mib: int, says: str
) -> None:
    with raises_code("load-failed", "server1", "load-x", says):
        start(guest, [Task("load-x", line, mib)], {"number": "1", "tries": "3"})
    assert not list(tmp_path.glob("load.*"))


def test_one_that_ends_before_its_time_is_an_error(guest: LocalShell) -> None:
    running = start(guest, [Task("load-x", "sh -c 'until [ -e end ]; do /bin/sleep 0.02; done'")], {"number": "1"})
    assert set(running.check()) == {"load-x"}
    folder = Path(running.folder, "load-x")
    (folder / "end").touch()
    deadline = time.monotonic() + 20
    while not (folder / "status").exists():
        assert time.monotonic() < deadline
    with raises_code("load-failed", "server1", "ended by itself with status 0"):
        running.check()


def test_its_end_is_seen(guest: LocalShell) -> None:
    running = start(guest, [Task("load-x", "sh -c 'echo $number; exec /bin/sleep 60'")], {"number": "7"})
    pid = Path(running.folder, "load-x", "pid").read_text().strip()
    ended = running.end()["load-x"]
    assert (ended.status, ended.stdout) == (143, b"7\n")
    assert not Path("/proc", pid).exists()
    assert not Path(running.folder).exists()
    with pytest.raises(HvlabError):
        running.check()
