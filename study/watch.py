"""Watches versions: what the mirror offers beside what the newest study recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from dataset.models import StudyInfo, load_study
from dataset.store import list_studies
from lab.connectors.address import parse_host
from lab.images.offered import offered, packages_behind
from lab.images.origin import chosen, origin_of
from lab.settings import Settings

_PACKAGE = "package "
"""What stands before a package's name in a study's versions."""


@dataclass(frozen=True)
class NewVersion:
    """A package of which the mirror offers another version.

    Attributes:
        package: Its name.
        before: The version that the newest study recorded; "": it recorded none.
        after: The one that is offered.
    """

    package: str
    before: str
    after: str

    def __str__(self) -> str:
        """Return it as it is printed."""
        return f"{self.package} {self.before or 'unknown'} -> {self.after}"


@dataclass(frozen=True)
class Watched:
    """What is new.

    Attributes:
        providers: The hypervisors of the study that is asked for.
        newest: The newest finished study of them on the same release; None: there is none.
        versions: What the mirror offers, by package.
        new: What of that is new.
    """

    providers: tuple[str, ...]
    newest: Path | None
    versions: Mapping[str, str]
    new: tuple[NewVersion, ...]


def look(project: Path, settings: Settings, named: Sequence[str] = ()) -> Watched:
    """Look whether the mirror offers versions that the newest study did not have.

    Args:
        project: The folder that holds `studies/`.
        settings: All parameters.
        named: The hypervisors that the user named; empty: those of the settings.

    Raises:
        HvlabError: The lab host is not the nested one, whose packages come from the mirror (code
            `nothing-to-watch`); a hypervisor is not packaged; or the mirror cannot be asked.
    """
    if (kind := parse_host(settings.lab_host.host).kind) != "nested":
        raise HvlabError(
            f"a lab host of kind {kind} has its packages from elsewhere: there is nothing to watch",
            "watch the nested lab host: lab_host.host = nested",
            code="nothing-to-watch",
        )
    providers, _ = chosen(settings, named)
    origin = origin_of(settings)
    versions = offered(origin, packages_behind(origin, providers))
    found = newest(project, providers, settings)
    return Watched(providers, found, versions, new_versions(load_study(found) if found else None, versions))


def newest(project: Path, providers: Sequence[str], settings: Settings) -> Path | None:
    """Return the newest finished study of all of some hypervisors on the nested lab host of the same release.

    A study that cannot be read is no such study; `report.site` says what is wrong with it.
    """
    for folder in reversed(list_studies(project)):
        try:
            study = load_study(folder)
        except HvlabError:
            continue
        ran = {run.provider for run in study.runs if run.status == "finished"}
        # Studies from before there was a choice were made on the default.
        release = study.lab_host("release") or type(settings.lab_host)().release
        nested = study.environment.kind == "nested" and release == settings.lab_host.release
        if study.finished and nested and set(providers) <= ran:
            return folder
    return None


def new_versions(study: StudyInfo | None, versions: Mapping[str, str]) -> tuple[NewVersion, ...]:
    """Return the packages of which a study recorded another version, or none; of no study all are new."""
    recorded = study.environment.versions if study else {}
    pairs = ((name, recorded.get(_PACKAGE + name) or "", version) for name, version in versions.items())
    return tuple(NewVersion(*pair) for pair in pairs if pair[1] != pair[2])
