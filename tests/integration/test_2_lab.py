"""The lab by itself: up, used, down; and what goes wrong says so and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import stamina

from core.paths import PROJECT
from core.sockets import listeners
from hypervisors.registry import get_hypervisor
from lab.hosts.nested import running_provider
from lab.state.processes import processes_of

from .conftest import Invoke, providers

PORT = os.environ.get("HVLAB_LAB_PORT", "2633")
# Each takes two to five minutes.
PROVIDERS = providers("HVLAB_LAB_PROVIDERS", "kvm")


@pytest.fixture
def own_lab(tmp_path: Path) -> dict[str, str]:
    """A state folder and a port that no other lab has."""
    return {"HVLAB_STATE": str(tmp_path / "lab"), "HVLAB_LAB_HOST__SSH_PORT": PORT}


def emulators() -> list[str]:
    found = subprocess.run(
        ["pgrep", "-f", f"hostfwd=tcp:127.0.0.1:{PORT}"], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def assert_private(invoke: Invoke, own_lab: dict[str, str]) -> None:
    """Nothing listens where others could reach it; nobody gets in with a password; the lab host reaches nobody."""
    state = Path(own_lab["HVLAB_STATE"])
    config = state / "ssh_config"
    ours = {process.pid for process in processes_of(state)}
    here = [one for one in listeners() if one.pid in ours]
    # The way to the lab host's SSH server, and nothing else: no screen, no monitor.
    assert [(one.kind, str(one.address), one.port) for one in here] == [("tcp", "127.0.0.1", int(PORT))]

    told = invoke("lab.ssh", "labhost", "-c", "ss --no-header --listening --tcp --udp --numeric", **own_lab).stdout
    places = {line.split()[4] for line in told.splitlines()}
    assert "10.0.2.15:22" in places
    # That is the network between it and its emulator; the other one is the guests'.
    allowed = ("127.", "[::1]:", "10.0.2.15:22", "192.168.68.1:", "0.0.0.0%hvlab0:67")
    assert [place for place in places if not place.startswith(allowed)] == []
    away = invoke("lab.ssh", "labhost", "-c", f"timeout 5 bash -c 'exec 3<>/dev/tcp/10.0.2.2/{PORT}'", **own_lab)
    assert away.returncode not in (0, 255)

    assert (state / "key").stat().st_mode & 0o777 == 0o600
    assert (state / "guest_key").stat().st_mode & 0o777 == 0o600
    asked = "PreferredAuthentications=password,keyboard-interactive,none"
    done = subprocess.run(
        ["ssh", "-F", config, "-o", "PubkeyAuthentication=no", "-o", asked, "labhost", "true"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 255
    assert "Permission denied (publickey)." in done.stderr


def assert_removed(provider: str, invoke: Invoke, own_lab: dict[str, str]) -> None:
    """A second lab is refused; lab.purge ends a living lab, and says what it removes."""
    refused = invoke("lab.up", f"--provider={provider}", **own_lab)
    assert (refused.returncode, "the lab is up already" in refused.stderr) == (1, True)
    said = invoke("lab.purge", **own_lab).stdout
    assert re.search(rf"^removed: virtual machine hvlab-[0-9a-f]{{8}} \({provider}\)$", said, re.MULTILINE)
    assert invoke("lab.purge", **own_lab).stdout.startswith("nothing to remove")
    assert emulators() == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_up_ssh_status_purge(provider: str, invoke: Invoke, own_lab: dict[str, str], tmp_path: Path) -> None:
    own_lab |= {"HVLAB_TOPOLOGY__SESSION": "text", "HVLAB_TOPOLOGY__MEMORY_LOAD_MIB": "100"}
    try:
        assert invoke("lab.up", f"--provider={provider}", "--guests=1", **own_lab).returncode == 0
        assert running_provider(Path(own_lab["HVLAB_STATE"])) == provider
        said = invoke("lab.ssh", "server1", "-c", "hostname; cat /proc/swaps; exit 3", **own_lab)
        assert said.returncode == 3
        assert said.stdout.split()[0] == "server1"
        assert 2 << 20 > int(said.stdout.split()[-3]) > 2_000_000  # KiB
        screen = invoke("lab.ssh", "server1", "-c", "pidof Xorg; pgrep -x -a getty", **own_lab).stdout.splitlines()
        # Login prompts, and nobody logged in.
        assert [line.split()[1:] for line in screen] == [
            ["/sbin/getty", "--noclear", "38400", "tty1"],
            ["/sbin/getty", "--noclear", "tty7", "linux"],
        ]
        loaded = invoke("lab.ssh", "server1", "-c", "cat /proc/$(pidof perl)/status", **own_lab)
        assert loaded.stdout.startswith("Name:\tperl")
        assert 100 << 10 < int(loaded.stdout.split("RssAnon:")[1].split()[0]) < 105 << 10  # KiB
        # A text session of Xen's has no screen.
        if provider != "xen":
            picture = tmp_path / "screen.png"
            assert invoke("lab.screenshot", "server1", f"--output={picture}", **own_lab).stdout.strip() == str(picture)
            assert picture.read_bytes().startswith(b"\x89PNG")
        assert invoke("lab.screenshot", "server2", **own_lab).returncode == 1
        assert "READY" in invoke("lab.console", "labhost", **own_lab).stdout
        assert invoke("lab.console", "server1", **own_lab).returncode == 0
        status = invoke("lab.status", **own_lab).stdout
        assert get_hypervisor(provider).title in status
        assert "running" in status
        assert status.count("off") == 3
        assert_private(invoke, own_lab)
        assert_removed(provider, invoke, own_lab)
    finally:
        assert invoke("lab.down", **own_lab).returncode == 0
    assert emulators() == []
    assert invoke("lab.status", **own_lab).stdout.strip() == "lab host: off"


def test_who_has_the_lab_is_told_and_interrupting_leaves_nothing_behind(
    invoke: Invoke, own_lab: dict[str, str]
) -> None:
    # Whoever runs the tests in the background may have switched the signal off, which children inherit.
    command = ["env", "--default-signal=INT", str(PROJECT / "invoke"), "lab.up", "--provider=kvm"]
    with subprocess.Popen(
        command, env={**os.environ, **own_lab}, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=120, wait_max=0.5):
            with attempt:
                assert running_provider(Path(own_lab["HVLAB_STATE"]))
        refused = invoke("lab.up", "--provider=xen", **own_lab)
        assert refused.returncode == 1
        assert f"process {process.pid}, './invoke lab.up --provider=kvm', since 20" in refused.stderr
        # As a terminal does: to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert emulators() == []


def test_a_port_in_use(own_lab: dict[str, str]) -> None:
    with socket.socket() as taken:
        # Connections to the lab before, which the kernel still remembers, are in nobody's way.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(PORT)))
        taken.listen()
        done = subprocess.run(
            [PROJECT / "invoke", "lab.up", "--provider=xen"],
            env={**os.environ, **own_lab}, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"port {PORT} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_guest_that_does_not_come_up_in_its_time(own_lab: dict[str, str]) -> None:
    done = subprocess.run(
        [PROJECT / "invoke", "lab.up", "--provider=kvm"],
        env={**os.environ, **own_lab, "HVLAB_TOPOLOGY__BOOT_TIMEOUT_S": "3", "HVLAB_TOPOLOGY__ATTEMPTS": "1",
             "HVLAB_LAB_HOST__DESKTOP": "false", "HVLAB_STUDY__MANAGER": "false"},
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "server1" in done.stderr
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr
    assert emulators() == []
