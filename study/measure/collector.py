"""Takes the readings of a stage: a program on the lab host runs every meter, one after the other, by itself.

One session starts it. It waits until no session is left, so that no sshd process and no traffic of the kit's is in
what it reads; a second session fetches what it wrote. Only one shell is resident meanwhile; what it takes is measured,
too (meter `observer`). Its files lie on the lab host's disk, not in memory.
"""

import io
import shlex
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.errors import HvlabError
from dataset.captures import RawCapture
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.connectors.base import CLEAN_SHELL, Machine
from lab.connectors.patience import ConnectionLostError
from lab.settings import Settings
from study.measure.evidence import GUEST_EVIDENCE, evidence_for
from study.measure.reader_script import detached, groups, in_one_session, unmarked
from study.meters.base import Context, Meter
from study.meters.reader_overhead import METER as OBSERVER
from study.meters.registry import all_meters, guest_meters, meters_for
from study.meters.samples import one_sample

_FETCH = """\
cd {folder} || exit 1
read -r pid <pid; running=; [ -d "/proc/$pid" ] && running=yes
if [ -e done ]; then cat done; exit; fi
[ "$running" ] && exit {not_yet}
cat reader.log >&2; exit 1
"""
_NOT_YET = 75
# How long the meters that only read, and the evidence, take under emulation; and the pause before another question.
_READING_S = 0.25
_ASK_AGAIN_S = 2.0
_ASK_AGAIN_SHARE = 0.1  # of the time that it has taken so far: a slow lab host is asked less often


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

    def as_capture(self, path: str) -> RawCapture:
        """Return what is kept of it, at a path in a study."""
        return RawCapture(path, self.stdout, self.command, self.status, self.started, self.seconds)


def context_for(hypervisor: Hypervisor, settings: Settings, **own: object) -> Context:
    """Return what the meters' commands depend on under a hypervisor.

    Args:
        hypervisor: The hypervisor.
        settings: How often is read.
        own: Parameters of the hypervisor's own that differ from the settings'.
    """
    wanted, processes = settings.study, hypervisor.processes
    return Context(
        hypervisor.name,
        hypervisor.folder,
        mpstat_interval_s=wanted.mpstat_interval_s,
        mpstat_count=wanted.mpstat_count,
        free_count=wanted.free_count,
        memory_count=wanted.memory_count,
        guest_processes=processes.guest,
        daemon_processes=processes.daemon,
        manager_processes=processes.manager,
        daemon_arguments=processes.daemon_arguments,
        parameters={**settings.parameters_of(hypervisor.name), **own},
    )


def commands(context: Context) -> dict[str, str]:
    """Return what is run at a stage, in order: meters by name, then evidence.

    The CPU is read first, undisturbed, and the kit's own cost after all other meters.
    """
    found = sorted(meters_for(context.provider), key=lambda meter: meter.name)
    lines = {meter: meter.command(context) for meter in found}
    # Those that take samples in turn stand together.
    in_order = sorted(found, key=lambda meter: (_place(meter), one_sample(lines[meter])[1] > 1))
    evidence = {each.name: each.command for each in evidence_for(get_hypervisor(context.provider))}
    return {meter.name: lines[meter] for meter in in_order} | evidence


# Memory is read before what lists disks and so fills the page cache.
_ORDER = {"cpu": 0, "disk": 2}
_LAST = 3


def _place(meter: Meter) -> int:
    return _LAST if meter.name == OBSERVER.name else _ORDER.get(meter.quantity, 1)


def guest_commands(context: Context) -> dict[str, str]:
    """Return what is run in the newest guest at a stage: meters by name, then evidence."""
    return {meter.name: meter.command(context) for meter in guest_meters()} | GUEST_EVIDENCE


def sampling_s(lines: Mapping[str, str]) -> float:
    """Return how long `lines` wait by their method, seconds: what samples in turn waits once."""
    watching = {meter.name: meter.lasts for meter in all_meters() if meter.lasts}
    return sum(
        max(watching[name](line) if name in watching else 0 for name, line in group.items()) for group in groups(lines)
    )


def expected_s(lines: Mapping[str, str]) -> float:
    """Return how long `lines` take, about, seconds."""
    return _READING_S * len(lines) + sampling_s(lines)


def unpack(archive: bytes, lines: Mapping[str, str], began: datetime, uptime: float | None = None) -> dict[str, Output]:
    """Read the archive that the program made.

    Args:
        archive: Its bytes.
        lines: What was run.
        began: A moment by the controller's clock.
        uptime: The same moment as the lab host's uptime, seconds; None: when the first command started.

    Raises:
        HvlabError: If it is cut off, or an output is missing.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {entry.name: _content(tar, entry) for entry in tar}
    except tarfile.TarError as error:
        raise HvlabError(
            f"the readings came cut off from the lab host: {error}",
            "was its connection lost?",
            code="reading-incomplete",
        ) from error
    outputs: dict[str, Output] = {}
    for row in files.get("index", b"").decode().splitlines():
        name, status, start, end = row.split()
        if not {f"{name}.txt", f"{name}.err"} <= set(files):
            continue
        uptime = float(start) if uptime is None else uptime
        started = began + timedelta(seconds=float(start) - uptime)
        stdout = _unmarked(name, files[f"{name}.txt"])
        outputs[name] = Output(
            lines[name], int(status), started, float(end) - float(start), stdout, files[f"{name}.err"]
        )
    if missing := sorted(set(lines) - set(outputs)):
        raise HvlabError(f"no reading came from the lab host for: {', '.join(missing)}", code="reading-incomplete")
    return outputs


def _unmarked(name: str, output: bytes) -> bytes:
    """Return what a command printed, without the end mark behind it.

    Raises:
        HvlabError: There is none, or it counts other lines or bytes.
    """
    printed = unmarked(output)
    if printed is None:
        message = f"the reading {name} came cut off from the lab host: its end mark is not right"
        raise HvlabError(message, "is the lab host's disk full? ./invoke study.resume repeats the run", code="cut-off")
    return printed


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    handle = tar.extractfile(entry)
    return handle.read() if handle else b""


def ask(ssh: Machine, lines: Mapping[str, str], timeout: float) -> dict[str, Output]:
    """Run `lines` on a machine in one session, which lasts as long, and return their outputs.

    Raises:
        HvlabError: If the session fails; a command's own failure is in its `status`.
    """
    began = datetime.now(UTC)
    done = ssh.run(CLEAN_SHELL, stdin=in_one_session(lines).encode(), timeout=timeout)
    if done.status:
        raise _failed(done.stderr, done.status)
    return unpack(done.stdout, lines, began)


@contextmanager
def collected(
    ssh: Machine, lines: Mapping[str, str], timeout: float, *, socket: Path | None = None, usual_s: float = 0
) -> Iterator[dict[str, Output]]:
    """Run `lines` on the lab host without a session; give the block their outputs, and a connection.

    Args:
        ssh: The lab host.
        lines: What is run there.
        timeout: For all of them, seconds.
        socket: Where the connection that is held listens; None: every command makes its own.
        usual_s: How long they took the last time.

    Raises:
        HvlabError: If a session fails, or they do not end within `timeout` seconds; a command's own failure is in its
            `status`. A connection that breaks while they are fetched is made again.
    """
    begun = time.monotonic()
    answer = ssh.check(CLEAN_SHELL, stdin=detached(lines).encode(), timeout=timeout, what="starting the reading")
    began = datetime.now(UTC)
    try:
        folder, uptime = answer.split()
    except ValueError:
        raise HvlabError(
            f"the reading's start printed {answer[:80]!r}, not its folder", code="unknown-output"
        ) from None
    # To ask is to log in, which would be in what is read: the first time when it should be done, then seldom.
    pause = max(expected_s(lines), usual_s)
    while time.monotonic() - begun + pause < timeout:
        time.sleep(pause)
        with ssh.shared_connection(socket) if socket else nullcontext():
            if archive := _fetch(ssh, folder, timeout):
                outputs = unpack(archive, lines, began, float(uptime))
                # Only now: until it has arrived whole, it can be fetched again.
                ssh.check(f"rm -rf {shlex.quote(folder)}", timeout=60, what="removing the reader's folder")
                yield outputs
                return
        pause = max(_ASK_AGAIN_S, _ASK_AGAIN_SHARE * (time.monotonic() - begun))
    raise HvlabError(
        f"the readings did not end within {timeout:.0f} s on the lab host",
        f"see {folder} there",
        code="reading-timeout",
    )


def collect(ssh: Machine, lines: Mapping[str, str], timeout: float) -> dict[str, Output]:
    """Run `lines` on the lab host without a session, and return their outputs; see `collected`."""
    with collected(ssh, lines, timeout) as outputs:
        return outputs


def _fetch(ssh: Machine, folder: str, timeout: float) -> bytes | None:
    """Return the archive in the reader's folder; None if it is not there yet, or the connection broke on its way.

    Raises:
        HvlabError: The reader ended without one.
    """
    fetch = _FETCH.format(folder=shlex.quote(folder), not_yet=_NOT_YET).encode()
    try:
        done = ssh.run("sh -s", stdin=fetch, timeout=timeout)
    except ConnectionLostError:
        return None
    if done.status not in (0, _NOT_YET):
        raise _failed(done.stderr, done.status)
    return done.stdout if done.status == 0 else None


def took_s(outputs: Mapping[str, Output]) -> float:
    """Return how long the lab host took for outputs, from the first command's start to the last one's end, seconds."""
    ends = [output.started + timedelta(seconds=output.seconds) for output in outputs.values()]
    return (max(ends) - min(output.started for output in outputs.values())).total_seconds()


def _failed(stderr: bytes, status: int) -> HvlabError:
    words = stderr.decode(errors="replace").strip() or f"exit status {status}"
    return HvlabError(f"taking the readings failed on the lab host: {words[-300:]}", code="reading-failed")
