"""Connections that fail are tried again; a command runs once, whatever becomes of its connection."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from core.errors import HvlabError
from lab.connectors.base import Machine
from lab.connectors.patience import ConnectionLostError, NotConnectedError, Patience
from lab.connectors.ssh_config import Ssh, SshEntry, write_config
from lab.images.os_profiles import OLD_SSH
from tests.functional.ssh.gate import Gate, gate_before
from tests.functional.ssh.old_sshd import OldSshd, old_sshd

USUAL = tuple(f"{name} {value}" for name, value in OLD_SSH.items())


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldSshd]:
    with old_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def gate(sshd: OldSshd) -> Iterator[Gate]:
    with gate_before(sshd.port) as made:
        yield made


def machine(gate: Gate, sshd: OldSshd, folder: Path, patience: Patience | None) -> Machine:
    entry = SshEntry("labhost", "127.0.0.1", gate.port, sshd.user, sshd.key, extra=USUAL)
    write_config(folder / "ssh_config", [entry])
    return Ssh(folder / "ssh_config", "labhost", patience=patience)


def test_a_connection_that_fails_is_made_again(gate: Gate, sshd: OldSshd, tmp_path: Path) -> None:
    patience = Patience(60)
    gate.passes = lambda number: number > 2
    line = f"echo ran >>{tmp_path}/ran; echo out; echo err >&2; exit 7"
    done = machine(gate, sshd, tmp_path, patience).run(line, timeout=60)
    assert (done.status, done.stdout, done.stderr) == (7, b"out\n", b"err\n")
    assert (tmp_path / "ran").read_text() == "ran\n"
    assert [retry.machine for retry in patience.take()] == ["labhost", "labhost"]
    assert patience.take() == []


@pytest.mark.parametrize("patience", [None, Patience(60, alive=lambda: False)])
def test_not_where_nobody_waits_or_the_machine_has_ended(
    gate: Gate, sshd: OldSshd, tmp_path: Path, patience: Patience | None
) -> None:
    gate.passes = lambda number: False
    with pytest.raises(NotConnectedError) as raised:
        machine(gate, sshd, tmp_path, patience).run("true", timeout=60)
    assert raised.value.code == "unreachable"
    assert gate.count == 1


def test_whoever_polls_does_not_wait(gate: Gate, sshd: OldSshd, tmp_path: Path) -> None:
    gate.passes = lambda number: False
    assert not machine(gate, sshd, tmp_path, Patience(60)).answers()
    assert gate.count == 1


def test_a_refused_key_is_not_tried_again(gate: Gate, sshd: OldSshd, tmp_path: Path) -> None:
    entry = SshEntry("labhost", "127.0.0.1", gate.port, sshd.user, tmp_path / "none", extra=USUAL)
    write_config(tmp_path / "ssh_config", [entry])
    with pytest.raises(HvlabError) as raised:
        Ssh(tmp_path / "ssh_config", "labhost", patience=Patience(60)).run("true", timeout=60)
    assert raised.value.code == "unreachable"
    assert gate.count == 1


def test_a_command_whose_connection_breaks_is_not_repeated(gate: Gate, sshd: OldSshd, tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    def cut_once_it_runs() -> None:
        for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=60, wait_max=0.2):
            with attempt:
                assert begun.exists()
        gate.cut()

    cutter = threading.Thread(target=cut_once_it_runs)
    cutter.start()
    with pytest.raises(ConnectionLostError) as raised:
        machine(gate, sshd, tmp_path, Patience(60)).run(f"echo >>{begun}; exec sleep 60", timeout=100)
    cutter.join()
    assert raised.value.code == "connection-lost"
    assert begun.read_text() == "\n"


def test_the_shared_connection_is_made_again_too(gate: Gate, sshd: OldSshd, tmp_path: Path) -> None:
    patience = Patience(60)
    gate.passes = lambda number: number > 1
    shell = machine(gate, sshd, tmp_path, patience)
    with shell.shared_connection(tmp_path / "socket"):
        assert (tmp_path / "socket").is_socket()
    assert len(patience.take()) == 1
