"""What a published study claims: its claims.toml, checked."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import HvlabError
from dataset.stages import is_stage
from report.data.names import PROVIDERS
from report.tables.quantities import UNITS

ABOUT_SHARE = 0.2
"""A round number that the text calls "about" is taken to mean so much of it to either side."""

Need = Literal["cpu", "guest-os", "guest-memory", "guest-disk", "disk-strategy", "dom0-ballooned", "xen-free-as-2011"]
"""What a study must share with the published one: docs/reference/report.md says how each is told."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Part):
    """A hypervisor, and a stage unless the quantity has none."""

    provider: str
    stage: str | None = None

    @field_validator("provider")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in PROVIDERS:
            raise ValueError(f"unknown provider {name!r}")
        return name

    @field_validator("stage")
    @classmethod
    def _a_stage(cls, name: str | None) -> str | None:
        if name is not None and not is_stage(name):
            raise ValueError(f"unknown stage {name!r}")
        return name


class _Claim(_Part):
    id: str = Field(min_length=1)
    place: str
    original: str
    quantity: str
    needs: tuple[Need, ...]

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
    provider: Literal["xen", "kvm", "virtualbox"]
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


class _File(_Part):
    source: str
    claims: tuple[Annotated[Claim, Field(discriminator="kind")], ...]


def read_claims(path: Path) -> tuple[Claim, ...]:
    """Read a published study's claims.

    Args:
        path: Its `claims.toml`.

    Raises:
        HvlabError: The file is missing or not in the form that reference/paper-2011/claims.toml describes.
    """
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).claims
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HvlabError(f"{path}: {error}", "its head says what it holds") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HvlabError(f"{path}: {where}: {first['msg']}", "its head says what it holds") from error
