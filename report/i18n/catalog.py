"""All messages that the paper can print, taken out of templates, code and data; the catalogs must have each of them."""

import io
import tomllib
from collections.abc import Iterator

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from core.files import write_atomic
from core.paths import PROJECT
from dataset import load
from dataset.descriptors import Descriptors
from dataset.files import parse_json
from dataset.labels import STAGE_LABELS
from dataset.schema1 import PATH as SCHEMA_1
from report.i18n.translate import FOLDER, LANGUAGES, catalog, data_catalogs, message, read_catalog
from report.recommendation.criteria import criteria_of
from report.replication.claims import read_claims

_METHODS = [("report/**.py", "python"), ("templates/**.j2", "jinja2")]
_OPTIONS = {
    "templates/**.j2": {"newstyle_gettext": "true", "trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "message": None}

OF_DATA = (
    # What every study's files call things; names of hypervisors and factors are in the data's own catalogs.
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
    message("always"),
    message("never"),
    message("madvise"),
    # Axes of sweeps, and words of their values.
    message("Number of guests"),
    message("Memory of a guest"),
    message("Memory load of a guest"),
    message("Processors of a guest"),
    message("Disk of a guest"),
    message("Swap of a guest"),
    message("Guest system"),
    message("Session of a guest"),
    message("Release of the lab host"),
    message("Memory of the lab host"),
    message("Processors of the lab host"),
    message("Stage with the manager's window"),
    message("x-window"),
    message("full-copy"),
    message("linked-clone"),
)


def messages() -> Catalog:
    """Collect the messages of the templates and of the code, in the order of the files."""
    found = Catalog(charset="utf-8")
    folders = extract_from_dir(PROJECT, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS,
                               directory_filter=lambda path: any(part in path for part in ("report", "templates"))
                               or path == str(PROJECT))  # fmt: skip
    for file, _line, words, _comments, context in folders:
        found.add(words, locations=[(str(file), 0)], context=context)
    for words in STAGE_LABELS.values():
        found.add(words, locations=[("dataset/labels.py", 0)])
    return found


def data_messages() -> dict[str, list[str]]:
    """Collect what the reference data and the hypervisors' folders say in words.

    Returns:
        The texts by the folder that holds their catalogs, relative to the project's; without those of `messages`.

    Raises:
        HvlabError: The reference data cannot be read.
    """
    schema1 = Descriptors.model_validate(parse_json(SCHEMA_1))
    found: dict[str, list[str]] = {"reference/locale": list(_of_references())}
    found["factors/locale"] = [
        title for it in schema1.factors for title in (it.title, *(effect.title for effect in it.effects))
    ]
    for it in schema1.hypervisors:
        found[f"hypervisors/{it.name}/locale"] = list(it.without_factors.values())
    for path in sorted((PROJECT / "hypervisors").glob("*/criteria.toml")):
        cells = tomllib.loads(path.read_text(encoding="utf-8"))["criteria"].values()
        found.setdefault(f"hypervisors/{path.parent.name}/locale", []).extend(cell["text"] for cell in cells)
    common = {words for it in messages() for words in ([it.id] if isinstance(it.id, str) else it.id)}
    return {folder: [text for text in dict.fromkeys(texts) if text not in common] for folder, texts in found.items()}


def update(code: str) -> str:
    """Return a language's catalog with all messages of today, those that it lacks untranslated, as a file's text."""
    merged = catalog(code)
    merged.update(messages(), no_fuzzy_matching=True, update_creation_date=False)
    merged.obsolete.clear()
    return _text(merged)


def missing(code: str) -> dict[str, list[str]]:
    """Return what the data say in words and no catalog has, by the folder of the catalog that should have it."""
    translated = {it.id for path in data_catalogs(code) for it in read_catalog(path, code) if it.string}
    lacking = {folder: [it for it in texts if it not in translated] for folder, texts in data_messages().items()}
    return {folder: texts for folder, texts in lacking.items() if texts}


def write_all() -> None:
    """Bring every catalog up to date; what it lacks is left empty for a translator.

    What a catalog of data has beyond `data_messages` stays: a study may have words that no file here has.
    """
    for code in LANGUAGES:
        if code == "en":
            continue
        write_atomic(FOLDER / f"{code}.po", update(code).encode())
        for folder, texts in missing(code).items():
            path = PROJECT / folder / f"{code}.po"
            found = read_catalog(path, code) if path.exists() else Catalog(locale=code, charset="utf-8", fuzzy=False)
            for text in texts:
                found.add(text)
            path.parent.mkdir(exist_ok=True)
            write_atomic(path, _text(found).encode())


def _text(found: Catalog) -> str:
    stream = io.BytesIO()
    write_po(stream, found, width=150, no_location=True)
    return stream.getvalue().decode()


def _of_references() -> Iterator[str]:
    yield from (it.title for it in criteria_of(()).rows)
    for path in sorted((PROJECT / "reference").glob("*/study.json")):
        study = load(path.parent).study
        yield study.title
        yield from (it.part for it in study.environment.hardware)
        # What is a hypervisor's own the template puts together from its name.
        folders = {it.image_folder for it in study.hypervisors}
        yield from (it.purpose for it in study.environment.partitions if it.mount not in folders)
        yield from study.parameters.disk_strategy.values()
        claims = read_claims(path.with_name("claims.toml"), [it.name for it in study.hypervisors])
        yield from (need.reason for need in claims.needs.values())
