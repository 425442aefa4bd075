"""The nested lab host: how it is started, and that its process is told from others."""

import json
import subprocess
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.active_lab import ActiveLab
from lab.hosts import nested
from lab.hosts.nested import NestedHost, running_provider
from lab.state.processes import start_time
from tests.support.lab_hosts import nested_host


@pytest.fixture
def host(tmp_path: Path) -> NestedHost:
    return nested_host(tmp_path)


def record(state: Path, pid: int, started: str) -> None:
    state.mkdir(exist_ok=True)
    facts = {"pid": pid, "started": started, "provider": "kvm", "accelerator": "tcg"}
    (state / "host.json").write_text(json.dumps(facts))


def test_stop_ends_its_own_process_and_no_other(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            # A record of another process that once had this number.
            record(tmp_path, process.pid, "1")
            assert running_provider(tmp_path) is None
            nested.stop(tmp_path)
            assert process.poll() is None
            started = start_time(process.pid)
            assert started
            record(tmp_path, process.pid, started)
            assert running_provider(tmp_path) == "kvm"
            with pytest.raises(HvlabError) as error:
                ActiveLab(tmp_path).require_off()
            assert error.value.code == "lab-is-up"
            nested.stop(tmp_path)
            assert start_time(process.pid) != started
        finally:
            process.kill()
    assert not (tmp_path / "host.json").exists()
    ActiveLab(tmp_path).require_off()
