"""A real sshd that offers only what OpenSSH 4.3 can do, on a port of the loopback, with keys of its own."""

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.connectors.ssh_config import make_key
from lab.images.os_profiles import OLD_SSH

SSHD = Path("/usr/sbin/sshd")
# By this word a client asks which signatures the server takes. OpenSSH 4.3 does not know it, today's sshd cannot be
# told not to, and tells a list (rsa-sha2-512 first) that is not that of its configuration.
QUESTION = b"ext-info-c"
# Of what OpenSSH 4.3 has (myproposal.h), what others still know at all.
OLD = {
    "KexAlgorithms": "diffie-hellman-group14-sha1",
    "HostKeyAlgorithms": "ssh-rsa",
    "Ciphers": "aes128-ctr",
    "MACs": "hmac-sha1",
    "PubkeyAcceptedAlgorithms": "ssh-rsa",
}
# What a user writes into ssh's configuration to reach it.
ALLOWED = "".join(f"{name} {value}\n" for name, value in OLD_SSH.items())


@dataclass(frozen=True)
class OldSshd:
    """It runs.

    Attributes:
        user: Who may log in: whoever runs the tests.
        key: With this private key (RSA).
    """

    port: int
    user: str
    key: Path
    log: Path


def _without_answer(folder: Path) -> Path:
    """Return a copy of sshd that knows the question by another name, and so never answers it."""
    assert SSHD.is_file(), "openssh-server is not installed: ./invoke test installs it"
    program = SSHD.read_bytes()
    assert QUESTION in program, f"{SSHD} is of another kind (OpenSSH 9.8 has it in sshd-session): adapt this"
    copy = folder / "sshd"
    # Its beginning: the end also serves the linker as another word, "-c".
    copy.write_bytes(program.replace(QUESTION, b"x" + QUESTION[1:]))
    copy.chmod(0o755)
    return copy


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _await(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, f"sshd ended: {log.read_text()}"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as hello:
                assert hello.recv(4) == b"SSH-"
                return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError(f"sshd does not answer: {log.read_text()}")


@contextmanager
def old_sshd(folder: Path) -> Iterator[OldSshd]:
    """Run it until the block ends."""
    program = _without_answer(folder)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host_key, key = folder / "host_key", folder / "user_key"
    make_key(host_key, "rsa")
    # Vagrant's key has this form; Ruby's net-ssh reads no other on OpenSSL 3.
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    (folder / "authorized_keys").write_text(public)
    sshd = OldSshd(_free_port(), getpass.getuser(), key, folder / "sshd.log")
    settings = {
        "ListenAddress": "127.0.0.1",
        "Port": sshd.port,
        "HostKey": host_key,
        "PidFile": "none",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "StrictModes": "no",
        "PermitRootLogin": "yes",
        "PasswordAuthentication": "no",
        "UsePAM": "no",
        **OLD,
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with subprocess.Popen([program, "-D", "-f", config, "-E", sshd.log]) as process:
        try:
            _await(sshd.port, process, sshd.log)
            yield sshd
        finally:
            process.terminate()
            process.wait(timeout=20)
