"""study.json: the parameters, the environment and the runs of a study, and its descriptors.

docs/reference/dataset.md is the contract. Files are written aside, forced to the disk and renamed, so that neither a
reader nor a crash meets half a file.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from core.errors import HvlabError
from dataset.captures import run_name
from dataset.descriptors import Descriptors, HypervisorInfo, HypervisorName
from dataset.files import UtcTime, invalid, parse_json, write_json_atomic
from dataset.parameters import Parameters
from dataset.paths import in_study
from dataset.schema1 import upgrade
from dataset.stages import StageName

STUDY_FILE = "study.json"


class Part(BaseModel):
    """A part of study.json; fields of later versions are kept, not dropped."""

    model_config = ConfigDict(extra="allow")


class StageTiming(Part):
    """How long a stage of a run took, in seconds.

    Attributes:
        stage: The stage.
        booting_s: Until the lab host or the guest was ready.
        settling_s: Until the host was quiet.
        reading_s: The reading itself.
        kit_s: hvlab's own work.
        settled: False where the host had not become quiet in the time allowed.
        controller_busy: CPU time that was used on the machine that ran the nested lab host over the reading, percent
            of all its CPUs.
        controller_others: The part of it that is not the lab host's own, percent.
        controller_load: Its load average over one minute, at the end of the reading.
    """

    stage: StageName
    booting_s: float | None = None
    settling_s: float | None = None
    reading_s: float | None = None
    kit_s: float | None = None
    settled: bool | None = None
    controller_busy: float | None = None
    controller_others: float | None = None
    controller_load: float | None = None


class RunInfo(Part):
    """One boot of the lab host, taken through all stages under one hypervisor.

    Attributes:
        name: `PROVIDER-NN`, the name of its folder in `runs/`.
        provider: Name of the hypervisor.
        repeat: Which boot under this hypervisor, from 1.
        status: Only a finished run has rows and captures.
        started: When it was started.
        ended: When it ended.
        timings: One entry for each stage.
        suspect: New kernel errors in the lab host, `STAGE: LINE`.
        factors: Values of the factors that the lab host showed at the last stage, in the words of hvlab.toml.
        origin: Of a run that was imported: `study`, `run` and `started` of the original.
        host: Of a run that was imported or made by a worker: `controller`, the machine with the lab host (a worker's
            has a `name`), and `hardware`, the lab host's.
    """

    name: str
    provider: HypervisorName
    repeat: Annotated[int, Field(ge=1)]
    status: Literal["planned", "running", "finished", "failed", "interrupted"]
    started: UtcTime | None = None
    ended: UtcTime | None = None
    timings: list[StageTiming] = []
    suspect: list[str] = []
    factors: dict[str, str] = {}
    origin: dict[str, Any] | None = None
    host: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_its_own_name(self) -> Self:
        # The name becomes a folder's.
        if self.name != run_name(self.provider, self.repeat):
            raise ValueError(f"run {self.name!r} is not called {run_name(self.provider, self.repeat)}")
        return self


class HardwarePart(Part):
    """A row of the hardware table.

    Attributes:
        part: What it is, e.g. `CPU`.
        value: Its maker and model, or its size.
    """

    part: str
    value: str


class Partition(Part):
    """A row of the partition table.

    Attributes:
        mount: Mount point, or `swap`.
        size_gb: Size in GiB, as the tools print it.
        purpose: What it is for.
    """

    mount: str
    size_gb: float
    purpose: str


class Environment(Part):
    """Where a study ran.

    Attributes:
        kind: Kind of the lab host; `published` for numbers that were taken from print.
        host: What distinguishes the lab host from other machines, unless it is the nested one.
        controller: The machine on which hvlab ran.
        hardware: Hardware of the lab host.
        partitions: Partitions of the lab host.
        accelerator: QEMU's accelerator, or `none` for real processors.
        versions: Component to version.
        images: Name in the cache of each image that was used, to the SHA-256 of its content.
    """

    kind: Literal["nested", "local", "ssh", "published"]
    host: dict[str, str] = {}
    controller: dict[str, Any] = {}
    hardware: list[HardwarePart] = []
    partitions: list[Partition] = []
    accelerator: str | None = None
    versions: dict[str, str | None] = {}
    images: dict[str, str] = {}


class Precision(Part):
    """Result of `--precision`.

    Attributes:
        wanted_mib: Wanted half-width of the 95 % interval of the cost per guest, MiB.
        half_width_mib: What it is, MiB, by hypervisor; None where it cannot be computed.
        repeats: Repeats that were run.
        reached: Whether all half-widths are small enough.
        reason: Why the study stopped.
    """

    wanted_mib: float
    half_width_mib: dict[str, float | None] = {}
    repeats: int
    reached: bool
    reason: str


class StudyInfo(Descriptors):
    """study.json, schema 2.

    Attributes:
        id: Name of the study, which is also its folder's.
        title: Title of the paper.
        profile: Profile of hvlab.toml.
        created: When it was begun.
        finished: When it was finished; None: it is not.
        parameters: The parameters.
        environment: Where it ran.
        runs: All runs, in the order in which they are run.
        source: The publication, for numbers that were taken from print.
        precision: Result of `--precision`; None: it was not asked for.
    """

    schema_version: Literal[2] = Field(default=2, alias="schema")
    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    profile: str
    created: UtcTime
    finished: UtcTime | None = None
    parameters: Parameters
    environment: Environment
    runs: list[RunInfo] = Field(default_factory=list)
    source: str | None = None
    precision: Precision | None = None

    model_config = ConfigDict(extra="allow", frozen=False, validate_by_name=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _describes_its_hypervisors(self) -> Self:
        if unknown := [name for name in self._named() if name not in {it.name for it in self.hypervisors}]:
            raise ValueError(f"hypervisor {unknown[0]} is not described")
        names = [run.name for run in self.runs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"run {twice[0]} is there twice")
        return self

    def _named(self) -> Iterator[str]:
        yield from self.parameters.providers
        yield from (run.provider for run in self.runs)

    def hypervisor(self, name: str) -> HypervisorInfo:
        """Return the descriptor of a hypervisor.

        Raises:
            HvlabError: The study has none of that name.
        """
        for it in self.hypervisors:
            if it.name == name:
                return it
        known = ", ".join(it.name for it in self.hypervisors)
        raise HvlabError(f"study {self.id} has no hypervisor {name!r}", f"one of {known}", code="unknown-hypervisor")

    def lab_host(self, name: str) -> JsonValue:
        """Return a setting of the lab host; None if the study does not have it."""
        return self.parameters.lab_host.get(name)

    @property
    def published(self) -> bool:
        """Whether the numbers were taken from print."""
        return self.environment.kind == "published"

    @property
    def dated(self) -> datetime:
        """The date of the paper: when the study was finished, else when it was begun; never the clock."""
        return self.finished or self.created


def load_study(path: Path) -> StudyInfo:
    """Read study.json; a study of schema 1 is brought to schema 2 in memory.

    Args:
        path: The study's folder, or the file itself.

    Raises:
        HvlabError: It is missing or not in the form of the contract.
    """
    file = path if path.name == STUDY_FILE else in_study(path, STUDY_FILE)
    try:
        return StudyInfo.model_validate(upgrade(parse_json(file), file))
    except ValidationError as error:
        raise invalid(file, error) from error


def save_study(study_dir: Path, study: StudyInfo) -> None:
    """Write study.json, always of schema 2."""
    write_json_atomic(study_dir / STUDY_FILE, study.model_dump(mode="json"))
