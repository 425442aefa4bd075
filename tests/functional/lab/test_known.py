"""The known load on this machine: what it holds is its own by the kernel's account, and its CPU is by its clock."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina

from lab.connectors.ssh_config import Ssh
from lab.guests.load_generator import LoadGenerator, running_load
from tests.support.errors import raises_code


@dataclass(frozen=True)
class _Here(Ssh):
    """Runs everything on this machine."""

    def command(self, remote: str, *options: str) -> list[str]:
        return ["sh", "-c", remote]


@pytest.fixture
def here(tmp_path: Path) -> Ssh:
    return _Here(tmp_path / "ssh_config", "here")


def anonymous_kib(load: LoadGenerator) -> int:
    pid = Path(load.folder, "pid").read_text().strip()
    (line,) = (
        row for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if row.startswith("Anonymous:")
    )
    return int(line.split()[1])


def test_it_holds_what_it_is_told_to_the_page(here: Ssh) -> None:
    with running_load(here) as load:
        load.hold(1)
        before = anonymous_kib(load)
        load.hold(1000)
        # Perl's own few pages, for the words of one line.
        assert 4000 <= anonymous_kib(load) - before <= 4016
    assert not Path(load.folder).exists()


def test_it_gives_the_share_of_a_cpu_that_is_asked(here: Ssh) -> None:
    with running_load(here) as load:
        # Beside other tests a window may lack CPU; one that is always off is the generator's fault.
        for _ in range(6):
            load.burn(30, 0.5, 2)
            given = load.rest()
            if given.own_s / given.wall_s == pytest.approx(0.3, abs=0.05):
                break
        assert given.own_s / given.wall_s == pytest.approx(0.3, abs=0.05)
        assert given.wall_s == pytest.approx(2, abs=0.2)
        assert sum(given.after[:8]) > sum(given.before[:8])
        own = cpu_seconds(load)
        time.sleep(0.3)
        assert cpu_seconds(load) == own


def cpu_seconds(load: LoadGenerator) -> int:
    fields = Path(f"/proc/{Path(load.folder, 'pid').read_text().strip()}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_it_stands_in_the_middle_of_a_frame(here: Ssh) -> None:
    with running_load(here) as load:
        load.align()
        said = Path(load.folder, "out").read_text().splitlines()[-1].split()
        assert said[:2] == ["done", "align"]
        assert 160 <= int(said[2]) < 224


def test_what_cannot_be_had_is_told(here: Ssh) -> None:
    with running_load(here) as load, raises_code("load-failed", "hold 1000000000000", "Cannot allocate"):
        load.hold(10**12)


def test_it_ends_with_the_block(here: Ssh) -> None:
    with running_load(here) as load:
        words = Path("/proc", Path(load.folder, "pid").read_text().strip(), "cmdline")
        assert b"load.pl" in words.read_bytes()
    for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=10, wait_max=0.2):
        with attempt:
            # One that nobody has waited for yet has no words.
            assert not words.exists() or words.read_bytes() == b""
