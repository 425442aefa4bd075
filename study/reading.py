"""Takes the readings of a stage: one session on the lab host runs every meter and sends all outputs at once.

Nothing else of the kit is resident meanwhile: the session's sshd and one shell.
"""

import io
import shlex
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lab.errors import HvlabError
from lab.ssh import Ssh
from study.meters import Context, meters_for
from study.meters.proof import proofs_for

_HEAD = """\
export LC_ALL=C S_TIME_FORMAT=ISO
exec 3>&1 1>&2
d=$(mktemp -d /tmp/reading.XXXXXX) && cd "$d" || exit 1
m() {
    read -r a _ </proc/uptime
    sh -c "$2" >"$1.txt" 2>"$1.err"
    s=$?
    read -r b _ </proc/uptime
    echo "$1 $s $a $b" >>index
}
"""
_TAIL = 'tar -cf - * >&3; cd /; rm -rf "$d"\n'


@dataclass(frozen=True)
class Output:
    """What one command gave on the lab host.

    Attributes:
        command: The shell line.
        status: Exit status.
        started: When, by the controller's clock.
        seconds: How long, by the lab host's clock.
        stdout: Standard output, untouched.
        stderr: Standard error.
    """

    command: str
    status: int
    started: datetime
    seconds: float
    stdout: bytes
    stderr: bytes


def commands(context: Context) -> dict[str, str]:
    """Return what is run at a stage, in order: meters by name, then proofs. The CPU is read first, undisturbed."""
    meters = sorted(meters_for(context.provider), key=lambda meter: meter.name not in {"mpstat", "xentop"})
    lines = {meter.name: meter.command(context) for meter in meters}
    return lines | {proof.name: proof.command for proof in proofs_for(context.provider)}


def program(lines: Mapping[str, str]) -> str:
    """Return the shell program that runs `lines` one after the other and writes a tar archive to its output."""
    return _HEAD + "".join(f"m {shlex.quote(name)} {shlex.quote(line)}\n" for name, line in lines.items()) + _TAIL


def unpack(archive: bytes, lines: Mapping[str, str], began: datetime) -> dict[str, Output]:
    """Read the archive that `program` sent.

    Args:
        archive: Its bytes.
        lines: What was run.
        began: When the first command started, by the controller's clock.

    Raises:
        HvlabError: If it is cut off, or an output is missing.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {entry.name: _content(tar, entry) for entry in tar}
    except tarfile.TarError as error:
        raise HvlabError(f"the readings came cut off from the lab host: {error}", "was its connection lost?") from error
    outputs: dict[str, Output] = {}
    first: float | None = None
    for row in files.get("index", b"").decode().splitlines():
        name, status, start, end = row.split()
        if not {f"{name}.txt", f"{name}.err"} <= set(files):
            continue
        first = float(start) if first is None else first
        started = began + timedelta(seconds=float(start) - first)
        outputs[name] = Output(
            lines[name], int(status), started, float(end) - float(start), files[f"{name}.txt"], files[f"{name}.err"]
        )
    if missing := sorted(set(lines) - set(outputs)):
        raise HvlabError(f"no reading came from the lab host for: {', '.join(missing)}")
    return outputs


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    handle = tar.extractfile(entry)
    return handle.read() if handle else b""


def take(ssh: Ssh, lines: Mapping[str, str], timeout: float) -> dict[str, Output]:
    """Run `lines` on the lab host in one session and return their outputs.

    Raises:
        HvlabError: If the session fails; a command's own failure is in its `status`.
    """
    began = datetime.now(UTC)
    done = ssh.run("sh -s", stdin=program(lines).encode(), timeout=timeout)
    if done.status:
        words = done.stderr.decode(errors="replace").strip() or f"exit status {done.status}"
        raise HvlabError(f"taking the readings failed on the lab host: {words[-300:]}")
    return unpack(done.stdout, lines, began)
