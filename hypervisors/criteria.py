"""What is known of a hypervisor beside its measurements: criteria.toml of its folder, checked."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import HvlabError
from dataset.descriptors import Criterion, Reference

FILE = "criteria.toml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Cell(_Part):
    text: str = Field(min_length=1)
    sources: tuple[str, ...] = Field(min_length=1)


class _File(_Part):
    sources: dict[str, Reference]
    criteria: dict[str, _Cell]

    @model_validator(mode="after")
    def _every_source_is_listed(self) -> "_File":
        cited = {name for cell in self.criteria.values() for name in cell.sources}
        if cited != set(self.sources):
            raise ValueError(f"cited and listed sources differ: {', '.join(sorted(cited ^ set(self.sources)))}")
        return self


def read_criteria(folder: Path) -> dict[str, Criterion]:
    """Read the criteria of a hypervisor, for `HypervisorInfo.criteria`.

    Args:
        folder: Its folder.

    Returns:
        The statements by the criterion's id, each with its sources in full; none if the folder has no criteria.toml.

    Raises:
        HvlabError: The file is damaged, or a source is cited and not listed or listed and not cited.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HvlabError(
            f"{path}: {error}", "compare it with that of another hypervisor", code="invalid-criteria"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise HvlabError(
            f"{path}: {where}: {first['msg']}", "compare it with that of another hypervisor", code="invalid-criteria"
        ) from error
    return {
        name: Criterion(text=cell.text, sources=tuple(found.sources[source] for source in cell.sources))
        for name, cell in found.criteria.items()
    }
