"""All messages that the paper can print, taken out of templates, code and data; a catalog must have each of them."""

import io
import tomllib
from collections.abc import Iterator

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from core.files import write_atomic
from core.paths import PROJECT
from dataset.labels import STAGE_LABELS
from report.i18n.translate import FOLDER, LANGUAGES, catalog, message
from report.recommendation.criteria import PATH as CRITERIA

_METHODS = [("report/**.py", "python"), ("templates/**.j2", "jinja2")]
_OPTIONS = {
    "templates/**.j2": {"newstyle_gettext": "true", "trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "message": None}

OF_DATA = (
    # Titles of studies, and what a study's files call things.
    message("Resource usage of Xen, KVM and VirtualBox"),
    message("Resource Usage of Xen, KVM and VirtualBox: the Numbers Published in 2011"),
    message("x window"),
    message("text"),
    message("fixed"),
    message("ballooned"),
    message("kept"),
    message("dropped"),
    message("full copy"),
    message("linked clone"),
    message("preallocated"),
    message("idle"),
    message("rest"),
    message("Main board"),
    message("HDD"),
    message("NIC"),
    message("VGA"),
    message("host operating system"),
    message("host swap"),
    message("Xen image files"),
    message("KVM image files"),
    message("VirtualBox image files"),
    message("raw image file of the full size, sparse"),
    message("VDI, dynamically allocated"),
    message("full copy (qcow2)"),
    message("linked clone (qcow2 overlay on a copy of the box's disk)"),
    message("preallocated (qcow2, all blocks reserved)"),
    message("full copy (VMDK made by import)"),
    message("linked clone (differencing VMDK on an imported machine's disk)"),
    message("preallocated (fixed VDI)"),
    message("full copy (sparse raw file)"),
    message("linked clone (device mapper's snapshot of a copy of the box's disk)"),
    message("preallocated (raw file, all blocks reserved)"),
    message("always"),
    message("never"),
    message("madvise"),
)


def messages() -> Catalog:
    """Collect all messages, in the order of the files.

    Raises:
        HvlabError: The criteria cannot be read.
    """
    found = Catalog(charset="utf-8")
    folders = extract_from_dir(PROJECT, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS,
                               directory_filter=lambda path: any(part in path for part in ("report", "templates"))
                               or path == str(PROJECT))  # fmt: skip
    for file, _line, words, _comments, context in folders:
        found.add(words, locations=[(str(file), 0)], context=context)
    for words in STAGE_LABELS.values():
        found.add(words, locations=[("dataset/labels.py", 0)])
    for words in _criteria():
        found.add(words, locations=[(str(CRITERIA.relative_to(PROJECT)), 0)])
    return found


def update(code: str) -> str:
    """Return a language's catalog with all messages of today, those that it lacks untranslated, as a file's text."""
    merged = catalog(code)
    merged.update(messages(), no_fuzzy_matching=True, update_creation_date=False)
    merged.obsolete.clear()
    text = io.BytesIO()
    write_po(text, merged, width=150, no_location=True)
    return text.getvalue().decode()


def write_all() -> None:
    """Bring every catalog up to date; what it lacks is left empty for a translator."""
    for code in LANGUAGES:
        if code != "en":
            write_atomic(FOLDER / f"{code}.po", update(code).encode())


def _criteria() -> Iterator[str]:
    for row in tomllib.loads(CRITERIA.read_text(encoding="utf-8"))["criteria"]:
        for cell in row.values():
            if isinstance(cell, dict):
                yield cell["text"]
