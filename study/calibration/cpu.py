"""CPU meters under a known load, expected and seen: pure functions from readings to rows."""

from dataclasses import dataclass

from dataset.calibration import Row
from hypervisors.calibration import GuestCpuMeter, Key, Reading
from hypervisors.registry import get_hypervisor
from study.calibration.cpu_window import Window
from study.calibration.expectation import Answer, Step, row


@dataclass(frozen=True)
class Shares:
    """What the CPU meters showed in one reading.

    Attributes:
        reading: `mpstat`'s shares of all CPUs; and the hypervisor's own meter of a guest, percent of one CPU.
        ticks: The ticks of mpstat's window.
        folder: Of the captures.
    """

    reading: Reading
    ticks: Window
    folder: str

    def mpstat(self, metrics: tuple[str, ...]) -> float:
        """Return the sum of some of mpstat's shares; a share that its version lacks counts nothing."""
        return sum(self.reading.get(("host", "mpstat", metric), 0.0) for metric in metrics)


# Name in the table: mpstat's columns, the fields of /proc/stat. A guest's time is in the kernel's `user` and `nice`.
_CPU = {
    "busy": (
        ("user", "nice", "sys", "irq", "soft", "steal", "guest", "gnice"),
        ("user", "nice", "system", "irq", "softirq", "steal"),
    ),
    "busy without steal": (
        ("user", "nice", "sys", "irq", "soft", "guest", "gnice"),
        ("user", "nice", "system", "irq", "softirq"),
    ),
    "guest + gnice": (("guest", "gnice"), ("guest", "guest_nice")),
    "steal": (("steal",), ("steal",)),
}


def cpu_rows(step: Step, rest: Shares, loaded: Shares) -> list[Row]:
    """Compare mpstat's shares with the ticks of the same window, percent of all CPUs of the machine.

    A guest's work under a hypervisor below the kernel is not in the host's ticks: the host waits for a CPU now
    and then, which is its steal, but what it works must not have moved since `rest`, the reading without a load.
    """
    rows = []
    stolen = get_hypervisor(step.provider).calibration.guest_cpu == "steal"
    if stolen and step.where == "guest":
        metrics, _ = _CPU["busy without steal"]
        moved = loaded.mpstat(metrics) - rest.mpstat(metrics)
        answer = Answer("cpu", "host", "mpstat", "busy without steal", can_see=False, known=0.0, seen=moved)
        rows.append(row(step, answer, rest.folder, loaded.folder))
    for name in ("busy", "steal" if stolen else "guest + gnice"):
        metrics, fields = _CPU[name]
        known, seen = loaded.ticks.percent(*fields), loaded.mpstat(metrics)
        rows.append(row(step, Answer("cpu", "host", "mpstat", name, True, known, seen), None, loaded.folder))
    return rows


def guest_key(meter: GuestCpuMeter, guest: str) -> Key:
    """Return the key of a guest's share in a reading."""
    return ("host", meter.meter, meter.metric.format(guest=guest))


def guest_row(
    step: Step,
    meter: GuestCpuMeter,
    guest: str,
    known: float,
    loaded: Shares,
    *,
    hidden: float = 0.0,
) -> Row:
    """Compare a meter's share of a guest with the CPU time that the guest's kernel counted, percent of one CPU.

    Args:
        step: The load.
        meter: The hypervisor's own meter.
        guest: The guest's name.
        known: The same by its kernel.
        loaded: What was read.
        hidden: By how much the meter's share was above the kernel's in the same guest without a load: an idle kernel's
            waking, which its idle time holds. It goes on in the share of time in which the loaded guest is idle.
    """
    key = guest_key(meter, guest)
    seen, explained = loaded.reading[key], hidden * (1 - known / 100)
    answer = Answer("cpu", "host", meter.meter, key[2], True, known, seen, explained, meter.rounding)
    return row(step, answer, None, loaded.folder)
