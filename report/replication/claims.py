"""What a published study claims: its claims.toml, checked."""

import math
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

COMMON_NEEDS = ("cpu", "guest-os", "guest-memory", "guest-disk", "disk-strategy", "memory-touched")
"""What a study must share with the published one, whatever the hypervisor (docs/reference/report.md)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known(name: str, info: ValidationInfo) -> str:
    """Check a hypervisor's name against those of the published study, which are the validation's context."""
    if name not in (info.context or ()):
        raise ValueError(f"unknown hypervisor {name!r}")
    return name


Provider = Annotated[str, AfterValidator(_known)]


def _stage(name: str) -> str:
    if not is_stage(name):
        raise ValueError(f"unknown stage {name!r}")
    return name


StageName = Annotated[str, AfterValidator(_stage)]


class Place(_Part):
    """A hypervisor, and a stage unless the quantity has none."""

    provider: Provider
    stage: StageName | None = None


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
    """What all claims have.

    Attributes:
        id: Its name, in data.
        place: Section of the publication.
        original: The publication's own words; "..." stands for words that are left out.
        translation: The same in English.
        needs: What a study must share with the published one.
    """

    id: str = Field(min_length=1)
    place: str
    original: str = Field(min_length=1)
    translation: str = Field(min_length=1)
    needs: tuple[str, ...]


class _OfQuantity(_Claim):
    quantity: str

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


class Best(_OfQuantity):
    """One hypervisor has the lowest, or highest, value of all."""

    kind: Literal["best"]
    provider: Provider
    stage: StageName | None = None
    extreme: Literal["lowest", "highest"] = "lowest"


class Joint(_Claim):
    """Several other claims hold at once.

    Attributes:
        claims: Their ids.
    """

    kind: Literal["joint"]
    claims: tuple[str, ...] = Field(min_length=1)


class _Amount(_OfQuantity):
    """An amount, by one of `about`, `low` and `high`, `at_least`, `at_most`.

    Attributes:
        approximately: The text says "about" of a range or bound, so that it is as much wider as `about` allows.
    """

    about: float | None = None
    low: float | None = None
    high: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    approximately: bool = False

    @model_validator(mode="after")
    def _one_kind_of_bounds(self) -> "_Amount":
        given = [it is not None for it in (self.about, self.low, self.at_least, self.at_most)]
        if sum(given) != 1 or (self.low is None) != (self.high is None):
            raise ValueError("give one of about, low and high, at_least, at_most")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """What the claim allows, both ends included, in the quantity's unit; infinite where there is no end."""
        share = ABOUT_SHARE if self.approximately or self.about is not None else 0.0
        low = next((it for it in (self.about, self.low, self.at_least) if it is not None), -math.inf)
        high = next((it for it in (self.about, self.high, self.at_most) if it is not None), math.inf)
        return _widened(low, -share), _widened(high, share)


def _widened(end: float, share: float) -> float:
    return end + share * abs(end) if math.isfinite(end) else end


class Difference(_Amount):
    """A quantity at one place less the same at another."""

    kind: Literal["difference"]
    of: Place
    less: Place


class Value(_Amount):
    """A quantity at one place."""

    kind: Literal["value"]
    of: Place


class Lead(_Amount):
    """By how much a hypervisor is ahead of each other one."""

    kind: Literal["lead"]
    provider: Provider
    stage: StageName | None = None
    extreme: Literal["lowest", "highest"] = "lowest"


class Apart(_Amount):
    """By how much every two hypervisors differ at each of some stages."""

    kind: Literal["apart"]
    stages: tuple[StageName, ...] = Field(min_length=1)


Claim = Best | Joint | Difference | Value | Lead | Apart


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

    @model_validator(mode="after")
    def _joint_claims_come_later(self) -> "Claims":
        before: set[str] = set()
        for claim in self.claims:
            if isinstance(claim, Joint) and (unknown := sorted(set(claim.claims) - before)):
                raise ValueError(f"claims: {claim.id}: no claim {unknown[0]!r} before it")
            before.add(claim.id)
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
