"""What is on the installer's medium, and whether it is enough for a plan."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import HvlabError
from lab.installer.plan import Plan


def _normal(locale: str) -> str:
    """Return a locale's name as glibc compares it: en_US.UTF-8 and en_US.utf8 are the same."""
    name, dot, charset = locale.partition(".")
    return name + dot + charset.lower().replace("-", "")


@dataclass(frozen=True)
class Stock:
    """What the system on a medium has.

    Attributes:
        packages: Debian package to version.
        locales: "C.utf8", "en_US.utf8".
        timezones: "Etc/UTC", "Asia/Seoul".
    """

    packages: dict[str, str]
    locales: tuple[str, ...]
    timezones: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def require(self, plan: Plan) -> None:
        """Refuse a plan that this medium cannot fulfil.

        Raises:
            HvlabError: With the names of what is missing, or there although it is to be left out.
        """
        missing = [name for name in plan.packages if name not in self.packages]
        if missing:
            raise HvlabError(f"%packages: not on this medium: {', '.join(missing)}")
        unwanted = [name for name in plan.keep_out if name in self.packages]
        if unwanted:
            raise HvlabError(f"%packages: other packages on this medium need {', '.join(unwanted)}")
        if _normal(plan.locale) not in map(_normal, self.locales):
            raise HvlabError(f"lang: not on this medium: {plan.locale}")
        if plan.timezone not in self.timezones:
            raise HvlabError(f"timezone: not on this medium: {plan.timezone}")


def read_stock(path: Path) -> Stock:
    """Return what `Stock.write` wrote."""
    facts = json.loads(path.read_text())
    return Stock(facts["packages"], tuple(facts["locales"]), tuple(facts["timezones"]))
