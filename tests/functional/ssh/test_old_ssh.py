"""A guest with the SSH of 2006 is reached by all who must reach it, with the settings that centos-5.5 comes with.

Each test runs a command through a real sshd; `provisioned:PORT` and the like can only come from there. What a newer
sshd cannot show: 4.3 also lacks the extension by which a server tells which signatures it takes.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.connectors.ssh_config import Ssh, SshEntry, write_config
from lab.guests.topology import write_topology
from lab.images.boxes import Boxes
from lab.images.os_profiles import ssh_config_lines
from lab.settings import TopologySettings
from tests.functional.ssh.old_sshd import OldSshd, old_sshd
from tests.support.errors import raises_code

HERE = Path(__file__).parent
WHERE = "echo $SSH_CONNECTION | cut -d ' ' -f 4"


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldSshd]:
    with old_sshd(tmp_path_factory.mktemp("old-sshd")) as running:
        yield running


@contextmanager
def notes(sshd: OldSshd, text: str) -> Iterator[None]:
    """Require that the server writes `text` to its log meanwhile, or within five seconds after."""
    before = sshd.log.read_text().count(text)
    yield
    for _ in range(100):
        if sshd.log.read_text().count(text) > before:
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not note {text!r}: {sshd.log.read_text()}")


def kit(sshd: OldSshd, folder: Path) -> tuple[SshEntry, Path]:
    entry = SshEntry("server1", "127.0.0.1", sshd.port, sshd.user, sshd.key, extra=ssh_config_lines("centos-5.5"))
    return entry, folder / "ssh_config"


def test_the_kit_reaches_it(sshd: OldSshd, tmp_path: Path) -> None:
    entry, config = kit(sshd, tmp_path)
    write_config(config, [entry])
    assert Ssh(config, "server1").check(WHERE, timeout=60, what="asking").strip() == str(sshd.port)


@pytest.mark.parametrize(
    ("left_out", "noted"),
    [
        ("KexAlgorithms", "no matching key exchange method found"),
        ("HostKeyAlgorithms", "no matching host key type found"),
        ("PubkeyAcceptedAlgorithms", "Connection closed by authenticating user"),
    ],
)
def test_each_of_the_kits_settings_is_needed(sshd: OldSshd, tmp_path: Path, left_out: str, noted: str) -> None:
    entry, config = kit(sshd, tmp_path)
    write_config(config, [replace(entry, extra=tuple(line for line in entry.extra if not line.startswith(left_out)))])
    with notes(sshd, noted), raises_code("unreachable"):
        Ssh(config, "server1").run("true", timeout=60)


def vagrant(
    sshd: OldSshd, folder: Path, os_name: str, *words: str, key: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run Vagrant on the topology file that the kit writes for that guest OS."""
    topology = folder / "topology.json"
    boxes = Boxes(f"hvlab/{os_name}", "0.1", folder, folder)
    write_topology(topology, TopologySettings(os=os_name, guests=1), boxes, folder / "none", "full-copy")
    values = json.loads(topology.read_text())
    values |= {"lab_host": None, "ssh": values["ssh"] | {"username": sshd.user, "private_key": str(key or sshd.key)}}
    topology.write_text(json.dumps(values))
    environment = {
        **os.environ,
        "HVLAB_TOPOLOGY": str(topology),
        "HVLAB_LIB": str(PROJECT / "vagrant" / "lib"),
        "OLD_SSH_PORT": str(sshd.port),
        "VAGRANT_CWD": str(HERE),
        "VAGRANT_HOME": str(folder / "home"),
        "VAGRANT_DOTFILE_PATH": str(folder / "notes"),
        "VAGRANT_DEFAULT_PROVIDER": "old",
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        "VAGRANT_NO_COLOR": "1",
    }
    return subprocess.run(
        ["vagrant", *words], env=environment, capture_output=True, text=True, timeout=180, check=False
    )


def test_vagrant_ssh_reaches_it(sshd: OldSshd, tmp_path: Path) -> None:
    done = vagrant(sshd, tmp_path, "centos-5.5", "ssh", "server1", "-c", WHERE)
    assert done.stdout.strip() == str(sshd.port), done.stderr


def test_vagrant_ssh_needs_the_settings(sshd: OldSshd, tmp_path: Path) -> None:
    with notes(sshd, "no matching key exchange method found"):
        done = vagrant(sshd, tmp_path, "debian-12", "ssh", "server1", "-c", WHERE)
    assert (done.returncode, done.stdout) == (255, "")


def test_vagrants_own_ssh_reaches_it(sshd: OldSshd, tmp_path: Path) -> None:
    done = vagrant(sshd, tmp_path, "centos-5.5", "provision")
    assert f"provisioned:{sshd.port}" in done.stdout, done.stdout + done.stderr


def test_vagrants_own_ssh_can_fail(sshd: OldSshd, tmp_path: Path) -> None:
    """net-ssh needs no setting of ours; with another key it is turned away."""
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", tmp_path / "other"], check=True)
    done = vagrant(sshd, tmp_path, "centos-5.5", "provision", key=tmp_path / "other")
    assert done.returncode != 0
    assert "authentication" in done.stderr.lower()
    assert f"provisioned:{sshd.port}" not in done.stdout


def packer(sshd: OldSshd, folder: Path, *settings: str) -> "subprocess.CompletedProcess[str]":
    """Run Packer's null builder with centos-5.5's variables."""
    words = [f"-var-file={PROJECT / 'packer' / 'centos-5.5.pkrvars.hcl'}"]
    for setting in (
        f"port={sshd.port}",
        f"ssh_username={sshd.user}",
        f"ssh_private_key_file={sshd.key}",
        "ssh_timeout=30s",
        *settings,
    ):
        words += ["-var", setting]
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "PACKER_CACHE_DIR": str(folder), "PACKER_NO_COLOR": "1"}
    return subprocess.run(
        ["packer", "build", "-color=false", *words, HERE / "old-ssh.pkr.hcl"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_packer_reaches_it(sshd: OldSshd, tmp_path: Path) -> None:
    done = packer(sshd, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"null.old: provisioned:{sshd.port}" in done.stdout


def test_packers_own_choice_reaches_it_too(sshd: OldSshd, tmp_path: Path) -> None:
    done = packer(sshd, tmp_path, "ssh_key_exchange_algorithms=[]", "ssh_ciphers=[]")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ('ssh_key_exchange_algorithms=["curve25519-sha256@libssh.org"]', "key exchange method"),
        ('ssh_ciphers=["aes256-ctr"]', "cipher"),
    ],
)
def test_packer_does_not_with_other_settings(sshd: OldSshd, tmp_path: Path, other: str, what: str) -> None:
    with notes(sshd, f"no matching {what} found"):
        done = packer(sshd, tmp_path, other, "ssh_timeout=4s")
    assert done.returncode != 0
    assert "provisioned" not in done.stdout
