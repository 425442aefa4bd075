"""While Packer installs a guest, nobody but this machine reaches its web server and the guest's sshd."""

import hashlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.sockets import listeners
from lab.connectors.ssh_config import make_key
from lab.images.guest import BUILD_VARIABLES
from lab.images.packer import build_command

# It says what it was called with, which ends the wait for it, and does not end.
_EMULATOR = """\
#!/bin/sh
case " $* " in *" -version "*) echo "QEMU emulator version 7.2.0"; exit;; esac
printf '%s\\n' "$@" >{called}
exec sleep 600
"""
_LIMIT_S = 120


def _variables(folder: Path) -> dict[str, object]:
    for name in ("medium", "provision"):
        (folder / name).write_text("true\n")
    (folder / "http").mkdir()
    make_key(folder / "key", kind="rsa")
    given: dict[str, object] = {
        "iso_url": f"file://{folder / 'medium'}",
        "iso_checksum": f"sha256:{hashlib.sha256((folder / 'medium').read_bytes()).hexdigest()}",
        "http_directory": folder / "http",
        "accelerator": "tcg",
        "disk_size": "4G",
        "ssh_private_key_file": folder / "key",
        "provision": folder / "provision",
        "output": folder / "packer",
        "serial_log": folder / "serial.log",
    }
    assert set(given) == set(BUILD_VARIABLES)
    return given


def _stand_in(folder: Path) -> None:
    """Put an emulator into a folder, and what makes disks."""
    folder.mkdir()
    for name, text in (
        ("qemu-system-x86_64", _EMULATOR.format(called=folder / "called")),
        ("qemu-img", "#!/bin/sh\n"),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    os.mkfifo(folder / "called")


@contextmanager
def _building(folder: Path) -> Iterator[list[str]]:
    """Give the block what the emulator was called with; Packer goes on meanwhile."""
    _stand_in(folder / "bin")
    environment = {
        **os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "CHECKPOINT_DISABLE": "1",
        "PACKER_CACHE_DIR": str(folder / "cache"),
    }  # fmt: skip
    log = folder / "packer.log"
    with log.open("w") as out:
        command = build_command("debian-12", _variables(folder))
        packer = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
        )
        # Opening the pipe waits for the emulator; if there will be none, the test does not wait for it.
        ended = threading.Timer(_LIMIT_S, (folder / "bin/called").write_text, [""])
        ended.start()
        try:
            words = (folder / "bin/called").read_text().splitlines()
            assert words, log.read_text()
            yield words
        finally:
            ended.cancel()
            os.killpg(packer.pid, signal.SIGKILL)
            packer.wait()


def test_only_this_machine_reaches_a_guest_that_is_installed(tmp_path: Path) -> None:
    with _building(tmp_path) as words:
        (network,) = (words[at + 1] for at, word in enumerate(words) if word == "-netdev")
        forwards = [part for part in network.split(",") if part.startswith("hostfwd=")]
        assert len(forwards) == 1
        assert forwards[0].startswith("hostfwd=tcp:127.0.0.1:")
        ours = {int(path.name) for path in Path("/proc").glob("[0-9]*") if _is_of(path, "packer")}
        here = [one for one in listeners() if one.pid in ours]
        assert here
        assert [str(one) for one in here if not one.address.is_loopback] == []


def _is_of(process: Path, name: str) -> bool:
    try:
        return (process / "comm").read_text().strip() == name
    except OSError:
        return False
