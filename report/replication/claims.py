"""What a published study claims: its claims.toml, checked."""

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.errors import HvlabError
from dataset.stages import is_stage
from report.tables.memory import Scope
from report.tables.quantities import UNITS

ABOUT_SHARE = 0.2
"""A round number that the text calls "about" is taken to mean so much of it to either side."""

COMMON_NEEDS = ("cpu", "guest-os", "guest-memory", "guest-disk", "disk-strategy")
"""What a study must share with the published one, whatever the hypervisor (docs/reference/report.md)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known(name: str, info: ValidationInfo) -> str:
    """Check a hypervisor's name against those of the published study, which are the validation's context."""
    if name not in (info.context or ()):
        raise ValueError(f"unknown hypervisor {name!r}")
    return name


Provider = Annotated[str, AfterValidator(_known)]


class Place(_Part):
    """A hypervisor, and a stage unless the quantity has none."""

    provider: Provider
    stage: str | None = None

    @field_validator("stage")
    @classmethod
    def _a_stage(cls, name: str | None) -> str | None:
        if name is not None and not is_stage(name):
            raise ValueError(f"unknown stage {name!r}")
        return name


class FreeMemory(_Part):
    """What the free memory covers that was read under a hypervisor, as in `report.tables.memory.MemoryInUse.scopes`."""

    provider: Provider
    scope: Scope


class Numbers(_Part):
    """The numbers of one meter under one hypervisor."""

    provider: Provider
    meter: str


class Need(_Part):
    """What a study must share with the published one, of one hypervisor; either `total_falls` or `free_memory`.

    Attributes:
        total_falls: The hypervisor under which the host's total must fall as guests start.
        free_memory: What the free memory of a hypervisor must cover.
        numbers: Published numbers that need it, too.
        reason: What is said where a study does not share it, in print.
    """

    total_falls: Provider | None = None
    free_memory: FreeMemory | None = None
    numbers: Numbers | None = None
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_condition(self) -> "Need":
        if (self.total_falls is None) == (self.free_memory is None):
            raise ValueError("give either total_falls or free_memory")
        return self


class _Claim(_Part):
    id: str = Field(min_length=1)
    place: str
    original: str
    quantity: str
    needs: tuple[str, ...]

    @field_validator("quantity")
    @classmethod
    def _known_quantity(cls, name: str) -> str:
        if name not in UNITS:
            raise ValueError(f"unknown quantity {name!r}")
        return name

    @property
    def unit(self) -> str:
        """The quantity's unit."""
        return UNITS[self.quantity]


class Best(_Claim):
    """One hypervisor has the lowest, or highest, value of all."""

    kind: Literal["best"]
    provider: Provider
    stage: str | None = None
    extreme: Literal["lowest", "highest"] = "lowest"


class _Amount(_Claim):
    of: Place
    about: float | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_kind_of_bounds(self) -> "_Amount":
        if (self.about is None) == (self.low is None) or (self.low is None) != (self.high is None):
            raise ValueError("give either about, or low and high")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """What the claim allows, both ends included, in the quantity's unit."""
        if self.about is not None:
            return self.about * (1 - ABOUT_SHARE), self.about * (1 + ABOUT_SHARE)
        assert self.low is not None and self.high is not None
        return self.low, self.high


class Difference(_Amount):
    """A quantity at one place less the same at another."""

    kind: Literal["difference"]
    less: Place


class Value(_Amount):
    """A quantity at one place."""

    kind: Literal["value"]


Claim = Best | Difference | Value


class Claims(_Part):
    """The whole file.

    Attributes:
        source: The publication.
        needs: The needs of single hypervisors, by the names that claims use.
        claims: The claims, in the order of the text.
    """

    source: str
    needs: dict[str, Need] = {}
    claims: tuple[Annotated[Claim, Field(discriminator="kind")], ...]

    @model_validator(mode="after")
    def _every_need_is_known(self) -> "Claims":
        asked = {need for claim in self.claims for need in claim.needs}
        if unknown := sorted(asked.difference(COMMON_NEEDS, self.needs)):
            raise ValueError(f"needs: unknown need {unknown[0]!r}")
        return self


def read_claims(path: Path, hypervisors: Collection[str]) -> Claims:
    """Read a published study's claims.

    Args:
        path: Its `claims.toml`.
        hypervisors: Names of its hypervisors.

    Raises:
        HvlabError: The file is missing or not in the form that reference/paper-2011/claims.toml describes.
    """
    try:
        return Claims.model_validate(tomllib.loads(path.read_text(encoding="utf-8")), context=hypervisors)
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}", code="unreadable-file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HvlabError(f"{path}: {error}", "its head says what it holds", code="invalid-claims") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HvlabError(
            f"{path}: {where}: {first['msg']}", "its head says what it holds", code="invalid-claims"
        ) from error
