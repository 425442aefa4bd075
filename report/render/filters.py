"""How numbers, names and dates are printed; Jinja2 filters."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from dataset.descriptors import HypervisorInfo
from report.data.readings import Estimate
from report.i18n.labels import printed_stage
from report.i18n.translate import gettext
from report.inference.intervals import Interval

_GIB = 1024.0**3


def mib(value: Estimate | float) -> str:
    """Print MiB: a whole number as it is, anything else (means, slopes) with one decimal."""
    return whole_or(value, 1)


def whole_or(value: Estimate | float, digits: int) -> str:
    """Print a whole number read once as such, anything else with `digits` decimals."""
    number = value.mean if isinstance(value, Estimate) else value
    once = not isinstance(value, Estimate) or value.n == 1
    return f"{number:.0f}" if once and number.is_integer() else _decimal(number, digits)


def fixed(value: Estimate | float, digits: int) -> str:
    """Print a number with `digits` decimals."""
    return _decimal(value.mean if isinstance(value, Estimate) else value, digits)


def interval(value: Estimate, digits: int) -> str:
    """Print a mean's 95 % interval, `148.2 to 151.0`; empty for one repeat, of which there is none."""
    found = value.interval
    return "" if found is None else ends(found, digits)


def ends(value: Interval, digits: int, scale: float = 1.0) -> str:
    """Print an interval's two ends, `148.2 to 151.0`, times `scale`."""
    low, high = _decimal(scale * value.low, digits), _decimal(scale * value.high, digits)
    return gettext("%(low)s to %(high)s") % {"low": low, "high": high}


def whole_bytes(value: Estimate) -> str:
    """Print bytes with commas between thousands; a mean over repeats is rounded to a byte."""
    return f"{value.mean:,.0f}"


def gib(value: Estimate | float) -> str:
    """Print bytes as GiB with two decimals."""
    return f"{(value.mean if isinstance(value, Estimate) else value) / _GIB:.2f}"


def signed(value: float, digits: int) -> str:
    """Print a number with its sign; one that rounds to zero has none."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def tolerance(pair: tuple[str, float]) -> str:
    """Print a quantity's tolerance in its unit: `1 MiB`, `0.5 points`."""
    quantity, value = pair
    return f"{value:g} {'MiB' if quantity == 'memory' else gettext('percentage points')}"


def day(value: datetime) -> str:
    """Print the UTC day of a time, 2026-11-22; a time without zone is taken as UTC."""
    return _utc(value).strftime("%Y-%m-%d")


def instant(value: datetime) -> str:
    """Print a time in the form that the PDF's dates need: UTC, to the second."""
    return _utc(value).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decimal(number: float, digits: int) -> str:
    """Print a number with `digits` decimals; one that rounds to zero has no sign, a negative one a true minus."""
    text = f"{number:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_UNIT = re.compile(r"(<(pre|title|style|script)\b.*?</\2>|<[^>]*>)|(\d) (?=%|MiB|GiB)", re.DOTALL)


def units_beside_numbers(page: str) -> str:
    """Put a no-break space between each number of a page's text and its unit; markup and captures stay."""
    return _UNIT.sub(lambda found: found[1] or f"{found[3]}\N{NO-BREAK SPACE}", page)


_TITLES = re.compile(r"(<(h1|h2|h3|caption|figcaption)\b[^>]*>)(.*?)(?=</\2>)", re.DOTALL)
_HANGUL_WORD = re.compile(r"(<a\b.*?</a>|<[^>]*>)|([^\s<>]*[\uac00-\ud7a3][^\s<>]*)", re.DOTALL)


def whole_words(page: str) -> str:
    """Keep the Korean words of a page's headings and captions whole: WeasyPrint breaks lines between syllables.

    Not those of running text: each word becomes an element of its own, in the PDF's structure, too. Not those of
    links: WeasyPrint gives a link whose text is in another element no place in the structure.
    """

    def whole(found: re.Match[str]) -> str:
        return found[1] or f'<span class="whole">{found[2]}</span>'

    return _TITLES.sub(lambda title: title[1] + _HANGUL_WORD.sub(whole, title[3]), page)


def capitalize_first(text: str) -> str:
    """Make the first letter a capital and leave all else, markup too, as it is."""
    return text[:1].upper() + text[1:]


FILTERS: dict[str, Callable[..., Any]] = {
    "mib": mib,
    "whole_or": whole_or,
    "fixed": fixed,
    "interval": interval,
    "ends": ends,
    "translated": gettext,
    "whole_bytes": whole_bytes,
    "gib": gib,
    "signed": signed,
    "tolerance": tolerance,
    "day": day,
    "instant": instant,
    "capitalize_first": capitalize_first,
    "stage": printed_stage,
}


def filters_for(hypervisors: Iterable[HypervisorInfo]) -> dict[str, Callable[..., Any]]:
    """Return the filters of the templates for a study with these hypervisors.

    By a hypervisor's name in data `provider` returns its name in print, and `host_name` that of its host system.
    """
    described = {it.name: it for it in hypervisors}

    def host_name(provider: str) -> str:
        name = described[provider].host_name
        return gettext("the host system") if name == "host" else name

    return {**FILTERS, "provider": lambda provider: described[provider].title, "host_name": host_name}
