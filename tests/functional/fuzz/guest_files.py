"""Kickstart and Packer files: each that `image.check` finds nothing wrong with says what the shipped one says."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from core.errors import HvlabError
from lab.installer.kickstart import read_kickstart as plan_of
from lab.lint.finding import Finding
from lab.lint.kickstart import read_kickstart
from lab.lint.packer import VAR_RULES, VARIABLES, VarFile, read_hcl, template_variables
from lab.lint.rules import check_kickstart
from lab.media.manifest import KICKSTARTS, SUFFIX
from tests.support import corruptions
from tests.support.fuzz import Area, Input

_PACKER = KICKSTARTS.parent / "packer"
# What hand-made files have that pykickstart's authors did not think of.
_LINES = st.sampled_from(
    [
        "%packages --nobase",
        "%wheel ALL=(ALL) ALL",
        "%include http://x/y",
        "%end",
        "%pre",
        "%post --log=../../etc/passwd",
        "part swap --recommended",
        "part / --size=-1",
        "part / --size=1e9",
        "part raid.01 --onpart=sda1",
        "part pv.1",
        "volgroup vg pv.1",
        "'",
        "\\",
        "user --name=x --uid=0",
        "rootpw",
        "network --bootproto=static",
        "@ --x",
        "\u0000",
        "\u2028",
    ]
)
_WHY = "another file that is right: a size, a name, a package or a script's line that may be so"


def _require_none(findings: list[Finding]) -> None:
    """Refuse a file of which something was found.

    Raises:
        HvlabError: With the first finding.
    """
    for finding in findings:
        said = str(finding)
        if "\n" in said:
            raise AssertionError(f"a finding of several lines: {said!r}")
    if findings:
        raise HvlabError(str(findings[0])[:1000], code="finding")


def _changed(data: st.DataObject, whole: str) -> tuple[str, str]:
    """Return a kind of change, and a text that was changed so."""
    kind = data.draw(st.sampled_from(["line", *sorted(corruptions.ALL)]))
    if kind != "line":
        return kind, corruptions.ALL[kind](data, whole)
    lines = whole.splitlines(keepends=True)
    lines.insert(data.draw(st.integers(0, len(lines))), data.draw(_LINES) + "\n")
    return kind, "".join(lines)


def _kickstart(name: str) -> Area:
    whole = (KICKSTARTS / f"{name}.ks").read_text(encoding="utf-8")
    anaconda = (KICKSTARTS / f"{name}{SUFFIX}").is_file()

    def read(file: Path, text: str) -> object:
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        _require_none(check_kickstart(read_kickstart(file), anaconda=anaconda))
        # Red Hat's own installer is not here.
        return str(read_kickstart(file).read) if anaconda else plan_of(text)

    def prepare(folder: Path) -> tuple[Path, object]:
        file = folder / f"{name}.ks"
        return file, read(file, whole)

    def draw(known: tuple[Path, object], data: st.DataObject) -> Input:
        kind, text = _changed(data, whole)
        return Input(kind, corruptions.difference(whole, text), lambda: read(known[0], text), known[1])

    return Area(f"kickstart {name}", prepare, draw, dict.fromkeys(["line", *corruptions.ALL], _WHY), quick=2)


def _variables(name: str) -> Area:
    whole = (_PACKER / f"{name}{VARIABLES}").read_text(encoding="utf-8")

    def read(file: Path, text: str) -> object:
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        template = template_variables(_PACKER / "guest.pkr.hcl")
        found = VarFile(file, tuple(text.splitlines()), read_hcl(file), template, KICKSTARTS)
        _require_none([finding for rule in VAR_RULES for finding in rule(found)])
        return found.values

    def prepare(folder: Path) -> tuple[Path, object]:
        file = folder / f"{name}{VARIABLES}"
        return file, read(file, whole)

    def draw(known: tuple[Path, object], data: st.DataObject) -> Input:
        kind, text = _changed(data, whole)
        return Input(kind, corruptions.difference(whole, text), lambda: read(known[0], text), known[1])

    return Area(f"variables {name}", prepare, draw, dict.fromkeys(["line", *corruptions.ALL], _WHY), quick=3)


_Make = Callable[[str], Area]
_NAMES: list[tuple[_Make, str]] = [
    (make, name) for make in (_kickstart, _variables) for name in ("debian-12", "centos-5.5")
]
AREAS = [make(name) for make, name in _NAMES]
