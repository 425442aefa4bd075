"""The criteria that no meter reads, each with its sources: reference/criteria.toml, checked."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import HvlabError
from core.paths import PROJECT

PATH = PROJECT / "reference" / "criteria.toml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reference(_Part):
    """Something that the paper cites."""

    title: str = Field(min_length=1)
    url: str | None = None


class Cell(_Part):
    """What is said of one hypervisor, and where it is written."""

    text: str = Field(min_length=1)
    sources: tuple[str, ...] = Field(min_length=1)


class Criterion(_Part):
    """One row of the table."""

    id: str
    xen: Cell
    kvm: Cell
    virtualbox: Cell


class Criteria(_Part):
    """The whole file."""

    sources: dict[str, Reference]
    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _every_source_is_listed(self) -> "Criteria":
        cells = [cell for row in self.criteria for cell in (row.xen, row.kvm, row.virtualbox)]
        cited = {name for cell in cells for name in cell.sources}
        if cited != set(self.sources):
            raise ValueError(f"cited and listed sources differ: {', '.join(sorted(cited ^ set(self.sources)))}")
        return self

    def number(self, name: str) -> int:
        """Return a source's number in the paper's references, from 1."""
        return list(self.sources).index(name) + 1


def read_criteria(path: Path = PATH) -> Criteria:
    """Read the criteria.

    Raises:
        HvlabError: The file is missing or not of the form that its head describes.
    """
    try:
        return Criteria.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HvlabError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise HvlabError(f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}") from error
