"""How slow a machine is: time limits are as much longer as it is slower than the one that they were chosen on."""

from dataclasses import dataclass

from core.console import say

# From this factor on a machine is called slow.
_SLOW = 1.5
# A limit that is stretched further would be none.
MOST = 10.0


def factor_of(seconds: float, reference_s: float) -> float:
    """Return by how much time limits are stretched: never below 1, at most 10.

    Args:
        seconds: What something took here.
        reference_s: What it takes where the limits were chosen.
    """
    return min(max(1.0, seconds / reference_s), MOST)


@dataclass
class Pace:
    """How much longer than chosen the time limits are now.

    Attributes:
        factor: 1 or more; changes when the machine is measured again.
        told: Whether it was said that the machine is slow.
    """

    factor: float = 1.0
    told: bool = False

    def scaled(self, seconds: float) -> float:
        """Return a time limit in seconds as it is here."""
        return seconds * self.factor

    def tell(self) -> None:
        """Print that the machine is slow or busy, if it is; once."""
        if self.told or self.factor < _SLOW:
            return
        self.told = True
        say(
            f"a lab host took {self.factor:.1f} times as long to boot as"
            " where the time limits were chosen; all of them are as much longer, and so will the study be",
            about="this machine is slow or busy",
        )
