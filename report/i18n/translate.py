"""The paper's language: every printed message is English in templates, code and data, and is looked up in catalogs.

A catalog is a file of gettext, `locale/<language>.po`. That of the templates and of the code is beside this module;
each hypervisor, the factors and the reference data have their own for what they call things. Catalogs are read as they
are, so that no compiled copy can be older. docs/reference/report.md says how a language is added.
"""

import gettext as gnu
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from core.errors import HvlabError
from core.paths import PROJECT

FOLDER = Path(__file__).with_name("locale")
_OF_DATA = ("reference/locale", "factors/locale", "loads/locale", "hypervisors/*/locale")


@dataclass(frozen=True)
class Typeface:
    """One face that a language needs beside those of the paper, which come with matplotlib.

    Attributes:
        family: A family of paper.css, for letters that the one before it lacks: "Paper Beside" after "Paper".
        weight: "normal" or "bold".
        file: Name of the font's file.
    """

    family: str
    weight: str
    file: str


@dataclass(frozen=True)
class Language:
    """A language of the paper.

    Attributes:
        code: As in `--lang` and in HTML's `lang`.
        faces: Faces for letters that the paper's own lack.
        fonts: Folder of these.
        package: Debian package that has them.
    """

    code: str
    faces: tuple[Typeface, ...] = ()
    fonts: Path = Path()
    package: str = ""

    def font_files(self) -> list[Path]:
        """Return the faces' files, in order.

        Raises:
            HvlabError: One is not installed: the paper would have boxes where letters should be.
        """
        files = [self.fonts / face.file for face in self.faces]
        if missing := [file for file in files if not file.is_file()]:
            needs = f"the paper in {self.code!r} needs the font {missing[0]}"
            raise HvlabError(needs, f"apt-get install {self.package}")
        return files


LANGUAGES = {
    # The claims of 2011 are quoted in Korean.
    "en": Language(
        "en",
        faces=(Typeface("Paper Beside", "normal", "NanumMyeongjo.ttf"),),
        fonts=Path("/usr/share/fonts/truetype/nanum"),
        package="fonts-nanum",
    ),
    "ko": Language(
        "ko",
        faces=(
            Typeface("Paper Beside", "normal", "NanumMyeongjo.ttf"),
            Typeface("Paper Beside", "bold", "NanumMyeongjoBold.ttf"),
            Typeface("Paper Sans Beside", "normal", "NanumGothic.ttf"),
            Typeface("Paper Sans Beside", "bold", "NanumGothicBold.ttf"),
            Typeface("Paper Mono Beside", "normal", "NanumGothic.ttf"),
        ),
        fonts=Path("/usr/share/fonts/truetype/nanum"),
        package="fonts-nanum",
    ),
}

_SPOKEN: ContextVar[Language] = ContextVar("spoken", default=LANGUAGES["en"])


def language(code: str) -> Language:
    """Return a language by its code.

    Raises:
        HvlabError: There is no catalog of it.
    """
    if code not in LANGUAGES:
        raise HvlabError(f"no paper in language {code!r}", f"use {' or '.join(LANGUAGES)}", code="unknown-language")
    return LANGUAGES[code]


@contextmanager
def speaking(spoken: Language) -> Iterator[None]:
    """Look messages up in a language's catalog while the block lasts."""
    token = _SPOKEN.set(spoken)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def spoken() -> Language:
    """Return the language that is spoken now."""
    return _SPOKEN.get()


def message(text: str) -> str:
    """Mark a text as a message that is looked up elsewhere, later; returns it unchanged."""
    return text


def gettext(message: str) -> str:
    """Return a message in the language that is spoken now."""
    return _translations(spoken().code).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return a message about a number of things in the language that is spoken now."""
    return _translations(spoken().code).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    """Return a message that means different things in different places; `context` tells which."""
    return _translations(spoken().code).pgettext(context, message)


def catalog(code: str) -> Catalog:
    """Read a language's catalog of the templates and the code.

    Raises:
        HvlabError: It is missing or damaged.
    """
    return read_catalog(FOLDER / f"{code}.po", code)


def data_catalogs(code: str) -> list[Path]:
    """List a language's catalogs of what data and plug-ins call things."""
    return sorted(path for pattern in _OF_DATA for path in PROJECT.glob(f"{pattern}/{code}.po"))


def read_catalog(path: Path, code: str) -> Catalog:
    """Read one catalog.

    Raises:
        HvlabError: It is missing or damaged.
    """
    try:
        with path.open("rb") as file:
            return read_po(file, locale=code, abort_invalid=True)
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    except (PoFileError, ValueError) as error:
        raise HvlabError(f"{path}: {error}", code="damaged-catalog") from error


@cache
def _translations(code: str) -> gnu.NullTranslations:
    if code == "en":
        return gnu.NullTranslations()
    found = _compiled(catalog(code))
    for path in data_catalogs(code):
        found.add_fallback(_compiled(read_catalog(path, code)))
    return found


def _compiled(source: Catalog) -> gnu.GNUTranslations:
    stream = io.BytesIO()
    write_mo(stream, source)
    stream.seek(0)
    return gnu.GNUTranslations(stream)
