"""`study.json` as the report reads it: only what the paper prints is named, all else is let through."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dataset.descriptors import DerivedInfo, FactorInfo, HypervisorInfo, MeterInfo


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Hardware(_Part):
    """One line of Table 1."""

    part: str
    value: str


class Partition(_Part):
    """One line of Table 2; `size_gb` is in the GB that the partitioner was told."""

    mount: str
    size_gb: float
    purpose: str


class Environment(_Part):
    """What the study was made on."""

    kind: str
    controller: dict[str, JsonValue] = Field(default_factory=dict)
    hardware: tuple[Hardware, ...] = ()
    partitions: tuple[Partition, ...] = ()
    accelerator: str | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)


class Timing(_Part):
    """How long one stage of a run took, in seconds; `settled` is False where the kit gave up waiting."""

    stage: str
    booting_s: float | None = None
    settling_s: float | None = None
    reading_s: float | None = None
    kit_s: float | None = None
    settled: bool | None = None


class Run(_Part):
    """One boot of the lab host taken through its stages."""

    name: str
    provider: str
    repeat: int
    status: str
    started: str | None = None
    ended: str | None = None
    timings: tuple[Timing, ...] = ()
    suspect: tuple[str, ...] = ()
    factors: dict[str, str] = Field(default_factory=dict)
    origin: dict[str, JsonValue] | None = None


class Precision(_Part):
    """What `--precision` came to: the half-widths in MiB, and why the study stopped."""

    wanted_mib: float
    reached: bool
    repeats: int
    reason: str


class Parameters(_Part):
    """The settings of the study; those without a name here are kept as extra fields for the appendix."""

    model_config = ConfigDict(extra="allow", frozen=True)

    guests: int = Field(ge=1)
    guest_memory_mib: int | None = None
    guest_disk_gib: float | None = None
    guest_os: str | None = None
    providers: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    disk_strategy: dict[str, str] = Field(default_factory=dict)
    factors: dict[str, JsonValue] = Field(default_factory=dict)


class Study(_Part):
    """The whole of `study.json`, schema 2."""

    version: Literal[2] = Field(alias="schema")
    hypervisors: tuple[HypervisorInfo, ...] = ()
    meters: tuple[MeterInfo, ...] = ()
    factors: tuple[FactorInfo, ...] = ()
    derived: tuple[DerivedInfo, ...] = ()
    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    profile: str
    created: datetime
    finished: datetime | None = None
    parameters: Parameters
    environment: Environment
    runs: tuple[Run, ...] = ()
    source: str | None = None
    precision: Precision | None = None

    def lab_host(self, name: str) -> JsonValue:
        """Return a setting of the lab host; None if the study does not tell it."""
        settings = (self.parameters.model_extra or {}).get("lab_host")
        return settings.get(name) if isinstance(settings, dict) else None

    @property
    def published(self) -> bool:
        """Whether the numbers were taken from print rather than read on a lab host."""
        return self.environment.kind == "published"

    @property
    def dated(self) -> datetime:
        """The date of the paper: when the study finished, else when it was begun (never the clock)."""
        return self.finished or self.created
