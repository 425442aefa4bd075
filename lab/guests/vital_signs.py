"""Whether a guest that is starting is hung: its virtual CPUs have used no time, and its console is silent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

# A guest is hung whose signs have not changed for so long, seconds, and in so many questions after the first. One
# interval may be a pause of the lab host itself; three are not.
STILL_S = 60
_INTERVALS = 3


@dataclass(frozen=True)
class VitalSigns:
    """What shows that a guest lives, as its hypervisor's `vital_command` prints it.

    Attributes:
        cpu: Time that each of its virtual CPUs has used, in the hypervisor's own words.
        console: Size of its console's output, bytes; None: it has none.
    """

    cpu: tuple[str, ...]
    console: int | None


def read_signs(output: str) -> VitalSigns | None:
    """Read the output of `vital_command`; None if it says nothing of a CPU, as before the guest exists."""
    pairs = [line.strip().partition("=") for line in output.splitlines()]
    cpu = tuple(value for name, _, value in pairs if name == "cpu" and value)
    sizes = [int(value) for name, _, value in pairs if name == "console" and value.isdecimal()]
    return VitalSigns(cpu, sizes[-1] if sizes else None) if cpu else None


@dataclass
class Pulse:
    """Judges the vital signs of one start of a guest.

    Attributes:
        still_s: How long they may stand still, seconds.
    """

    still_s: float = STILL_S
    _last: VitalSigns | None = None
    _since: float = 0.0
    _same: int = field(default=0)

    def look(self, moment: float, signs: VitalSigns | None) -> str | None:
        """Take one more reading; return why the guest is hung, None while it may live.

        Args:
            moment: The time of the reading, seconds of any clock.
            signs: What was read; None: nothing is known, and the judgement begins anew.
        """
        if signs is None or signs != self._last:
            self._last, self._since, self._same = signs, moment, 0
            return None
        self._same += 1
        still = moment - self._since
        if self._same < _INTERVALS or still < self.still_s:
            return None
        return f"it is hung: for {still:.0f} s {_in_words(signs.cpu, signs.console)}"


def _in_words(cpu: Sequence[str], console: int | None) -> str:
    silent = f", and its console has stayed at {console} bytes" if console is not None else ""
    return f"its CPU time has stayed at {', '.join(cpu)}{silent}"
