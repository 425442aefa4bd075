"""What is on the installer's medium, and whether it is enough for a plan."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.errors import HvlabError
from lab.installer.plan import Plan


@dataclass(frozen=True)
class Stock:
    """What the system on a medium has.

    Attributes:
        packages: Debian package to version.
        locales: "C.UTF-8", "en_US.UTF-8".
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
        if plan.locale not in self.locales:
            raise HvlabError(f"lang: not on this medium: {plan.locale}")
        if plan.timezone not in self.timezones:
            raise HvlabError(f"timezone: not on this medium: {plan.timezone}")


def read_stock(path: Path) -> Stock:
    """Return what `Stock.write` wrote."""
    facts = json.loads(path.read_text())
    return Stock(facts["packages"], tuple(facts["locales"]), tuple(facts["timezones"]))


def stock_of(root: Path, packages: dict[str, str]) -> Stock:
    """Return what is in the folder of an installed system."""
    zones = root / "usr/share/zoneinfo"
    # posix/ and right/ hold the same zones again.
    names = (path.relative_to(zones) for path in zones.rglob("*") if path.is_file())
    timezones = sorted(str(name) for name in names if name.parts[0] not in ("posix", "right"))
    archive = root / "usr/lib/locale"
    locales = {"C", "POSIX", "C.UTF-8"} | {path.name for path in archive.iterdir() if path.is_dir()}
    return Stock(packages, tuple(sorted(locales)), tuple(timezones))
