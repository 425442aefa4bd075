"""Lines and files: on this machine, and through a real sshd with the algorithms of OpenSSH 4.3."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from lab.connectors.address import Address
from lab.connectors.base import CommandTimeoutError, Machine
from lab.connectors.ssh_config import Ssh, write_config
from lab.hosts.machines import LABHOST, RemoteMachine, ThisMachine
from tests.functional.ssh.old_sshd import ALLOWED, OldSshd
from tests.support.errors import raises_code


def remote(sshd: OldSshd) -> RemoteMachine:
    config = sshd.key.with_name("user_config")
    config.write_text(
        f"IdentityFile {sshd.key}\nIdentitiesOnly yes\n"
        f"StrictHostKeyChecking accept-new\nUserKnownHostsFile {sshd.key.with_name('known')}\n{ALLOWED}"
    )
    return RemoteMachine(Address("ssh", "ssh://old", "127.0.0.1", sshd.user, sshd.port), str(config))


def by_config(sshd: OldSshd) -> Ssh:
    """The way that the lab and Vagrant go: an entry in a file of the lab's, made from the user's settings."""
    config = sshd.key.with_name("ssh_config")
    write_config(config, [remote(sshd).entry()])
    return Ssh(config, LABHOST)


@pytest.fixture(params=["here", "remote", "config"])
def machine(request: pytest.FixtureRequest, sshd: OldSshd) -> Machine:
    return {"here": ThisMachine(), "remote": remote(sshd), "config": by_config(sshd)}[request.param]


def test_the_same_line_gives_the_same(machine: Machine) -> None:
    done = machine.run('pwd; cat; echo "$0" >&2; exit 3', timeout=60, stdin=b"in\x00put")
    assert (done.status, done.stdout) == (3, f"{Path.home()}\nin".encode() + b"\x00put")
    with raises_code("command-failed", "it broke"):
        machine.check("echo it broke >&2; exit 1", timeout=60, what="trying")
    with pytest.raises(CommandTimeoutError):
        machine.run("sleep 30", timeout=0.5)
    assert machine.answers()


def test_files_there_and_back(machine: Machine, tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    digest = hashlib.sha256(content).hexdigest()
    there = tmp_path / "it's there"
    assert machine.put(io.BytesIO(content), str(there), timeout=60) == digest
    assert there.read_bytes() == content
    assert machine.get(str(there), tmp_path / "back", timeout=60) == digest
    assert (tmp_path / "back").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "it's there"]


def test_a_file_that_cannot_be_written_is_no_file(machine: Machine, tmp_path: Path) -> None:
    with raises_code("cannot-write"):
        machine.put(io.BytesIO(b"x" * 3_000_000), str(tmp_path / "nowhere" / "file"), timeout=60)
    with raises_code("command-failed"):
        machine.get(str(tmp_path / "nothing"), tmp_path / "back", timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_without_ssh_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with raises_code("no-ssh") as raised:
        RemoteMachine(Address("ssh", "ssh://server", "server")).run("true", timeout=60)
    assert "openssh-client" in raised.value.hint


def test_a_copy_that_differs_is_refused(tmp_path: Path) -> None:
    class Lossy(ThisMachine):
        def command(self, remote: str, *options: str) -> list[str]:
            return super().command(remote.replace("cat >", "head -c 5 >"), *options)

    with raises_code("copy-differs"):
        Lossy().put(io.BytesIO(b"whole content"), str(tmp_path / "file"), timeout=60)
    assert not (tmp_path / "file").exists()


def test_a_file_that_takes_too_long(tmp_path: Path) -> None:
    class Slow(ThisMachine):
        def command(self, remote: str, *options: str) -> list[str]:
            return super().command("exec sleep 30", *options)

    with pytest.raises(CommandTimeoutError, match="was not there within 1 s"):
        Slow().put(io.BytesIO(b"content"), str(tmp_path / "file"), timeout=1)


def test_the_entry_keeps_what_the_user_says_of_keys_and_known_hosts(sshd: OldSshd) -> None:
    text = remote(sshd).entry(("ControlMaster no",)).text(Path("config"))
    assert f"identityfile {sshd.key}" in text
    assert f"userknownhostsfile {sshd.key.with_name('known')}" in text
    # OpenSSH takes the first value that it meets: the lab's own carelessness about guests' keys comes after.
    assert text.index("stricthostkeychecking accept-new") < text.index("StrictHostKeyChecking no")
    assert "ControlMaster no" in text


@pytest.mark.parametrize(
    ("jumps", "name"), [("jump", "user's 50%"), ("{user}@jump:{port}", "config"), ("jump,{user}@jump:{port}", "config")]
)
def test_a_host_behind_another_one_is_reached_from_the_labs_file_too(
    sshd: OldSshd, tmp_path: Path, jumps: str, name: str
) -> None:
    """The names that the user has for the hosts between are in the user's file only."""
    config = tmp_path / name
    config.write_text(
        f"Host jump\n    HostName 127.0.0.1\n    Port {sshd.port}\n"
        f"Host target\n    HostName 127.0.0.1\n    Port {sshd.port}\n"
        f"    ProxyJump {jumps.format(user=sshd.user, port=sshd.port)}\n"
        f"Host *\n    User {sshd.user}\n    IdentityFile {sshd.key}\n    StrictHostKeyChecking no\n"
        f"    UserKnownHostsFile /dev/null\n    LogLevel ERROR\n{ALLOWED}"
    )
    target = RemoteMachine(Address("ssh", "ssh://target", "target"), str(config))
    write_config(tmp_path / "ssh_config", [target.entry()])
    line = "echo $SSH_CONNECTION"
    assert Ssh(tmp_path / "ssh_config", LABHOST).run(line, timeout=60).text.startswith("127.0.0.1 ")


def test_old_algorithms_are_offered_only_to_hosts_for_which_they_were_named(sshd: OldSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"IdentityFile {sshd.key}\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n")
    other = RemoteMachine(Address("ssh", "ssh://old", "127.0.0.1", sshd.user, sshd.port), str(config))
    with raises_code("unreachable", "no matching", "docs/how-to/hosts.md#old-hosts"):
        other.run("true", timeout=60)
    write_config(tmp_path / "ssh_config", [other.entry()])
    with raises_code("unreachable"):
        Ssh(tmp_path / "ssh_config", LABHOST).run("true", timeout=60)
    config.write_text(config.read_text() + f"Match host 127.0.0.1\n{ALLOWED}")
    assert other.run("true", timeout=60).status == 0
    write_config(tmp_path / "ssh_config", [other.entry()])
    assert Ssh(tmp_path / "ssh_config", LABHOST).run("true", timeout=60).status == 0


def test_a_host_that_is_not_known_is_not_trusted(sshd: OldSshd, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"IdentityFile {sshd.key}\nUserKnownHostsFile {tmp_path / 'known'}\n{ALLOWED}")
    stranger = RemoteMachine(Address("ssh", "ssh://old", "127.0.0.1", sshd.user, sshd.port), str(config))
    with raises_code("unreachable", "Host key verification failed"):
        stranger.run("true", timeout=60)
    write_config(tmp_path / "ssh_config", [stranger.entry()])
    with raises_code("unreachable", "Host key verification failed"):
        Ssh(tmp_path / "ssh_config", LABHOST).run("true", timeout=60)
