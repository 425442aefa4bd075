"""The criteria that no meter reads, with what the study says of each hypervisor and where it is written."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError
from core.paths import PROJECT
from dataset.descriptors import Criterion, HypervisorInfo, Reference

PATH = PROJECT / "reference" / "criteria.toml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Part):
    """One criterion: its name in the hypervisors' descriptors, and in print."""

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)


class _File(_Part):
    study: Reference
    criteria: tuple[Row, ...]


@dataclass(frozen=True)
class Criteria:
    """The table of criteria.

    Attributes:
        rows: The criteria, in print order.
        cells: By criterion and hypervisor; what is missing was not assessed.
        references: What the paper cites: the 2011 study, then each source where it is first cited.
    """

    rows: tuple[Row, ...]
    cells: Mapping[tuple[str, str], Criterion]
    references: tuple[Reference, ...]

    def number(self, reference: Reference) -> int:
        """Return a reference's number in the paper, from 1."""
        return self.references.index(reference) + 1


def criteria_of(hypervisors: Sequence[HypervisorInfo], path: Path = PATH) -> Criteria:
    """Collect what a study says of its hypervisors.

    Args:
        hypervisors: Those of the study, in print order.
        path: The file with the criteria.

    Raises:
        HvlabError: The file is missing or not of the form that its head describes.
    """
    file = _read(path)
    cells = {
        (row.id, it.name): it.criteria[row.id] for row in file.criteria for it in hypervisors if row.id in it.criteria
    }
    cited = [source for cell in cells.values() for source in cell.sources]
    unique = [source for place, source in enumerate(cited) if source not in cited[:place] and source != file.study]
    return Criteria(file.criteria, cells, (file.study, *unique))


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}", code="unreadable-file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HvlabError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise HvlabError(
            f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}", code="invalid-criteria"
        ) from error
