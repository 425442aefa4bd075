"""The known load on this machine: what it holds is its own by the kernel's account, and its CPU is by its clock."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.connectors.ssh_config import Ssh
from lab.guests.load_generator import KnownLoad, known_load


@dataclass(frozen=True)
class _Here(Ssh):
    """Runs everything on this machine."""

    def command(self, remote: str, *options: str) -> list[str]:
        return ["sh", "-c", remote]


@pytest.fixture
def here(tmp_path: Path) -> Ssh:
    return _Here(tmp_path / "ssh_config", "here")


def test_it_gives_the_share_of_a_cpu_that_is_asked(here: Ssh) -> None:
    with known_load(here) as load:
        load.burn(30, 0.5, 2)
        given = load.rest()
        assert given.wall_s == pytest.approx(2, abs=0.2)
        assert given.own_s / given.wall_s == pytest.approx(0.3, abs=0.05)
        assert sum(given.after[:8]) > sum(given.before[:8])
        own = cpu_seconds(load)
        time.sleep(0.3)
        assert cpu_seconds(load) == own


def cpu_seconds(load: KnownLoad) -> int:
    fields = Path(f"/proc/{Path(load.folder, 'pid').read_text().strip()}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
