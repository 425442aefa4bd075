"""Parameters of a study: what study.json keeps of the settings."""

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from dataset.descriptors import HypervisorName
from dataset.stages import StageName


class Parameters(BaseModel):
    """The parameters of a study; those without a name here are kept as extra fields.

    Only what a study says is written again: a parameter that was never set does not become null.

    Attributes:
        guests: Number of guests at the last stage.
        guest_memory_mib: Memory of a guest, MiB.
        guest_disk_gib: Disk of a guest, GiB.
        guest_os: Guest operating system.
        providers: Names of the hypervisors.
        stages: Stages of each run.
        disk_strategy: How the guests' disks are made, in words, by hypervisor.
        factors: Factor to the value that was asked for.
        box: Name and version of the guest's box.
        lab_host: Settings of the lab host.
        images: Settings of the images; absent in studies from before there were any.
        load: Settings of the load; absent where the guests were idle.
        left_out: Hypervisors that the settings name and the lab host's release has no package of: name to title.
        most_repeats: Limit of the repeats that `--precision` adds.
        precision_mib: Wanted half-width of `--precision`, MiB.
        readings: Settings of the readings.
        repeats: Boots of the lab host under each hypervisor.
        seed: Seed of the order of runs.
        settle: Settings of the rule for a quiet host.
        topology: Settings of the guests.
    """

    model_config = ConfigDict(extra="allow")

    guests: Annotated[int, Field(ge=1, le=9999)]
    guest_memory_mib: int | None = None
    guest_disk_gib: float | None = None
    guest_os: str | None = None
    providers: list[HypervisorName] = []
    stages: list[StageName] = []
    disk_strategy: dict[str, str] = {}
    factors: dict[str, JsonValue] = {}
    box: dict[str, JsonValue] = {}
    lab_host: dict[str, JsonValue] = {}
    images: dict[str, JsonValue] = {}
    load: dict[str, JsonValue] = {}
    left_out: dict[HypervisorName, str] = {}
    most_repeats: int | None = None
    precision_mib: float | None = None
    readings: dict[str, JsonValue] = {}
    repeats: int | None = None
    seed: int | None = None
    settle: dict[str, JsonValue] = {}
    topology: dict[str, JsonValue] = {}

    @model_serializer(mode="wrap")
    def _only_what_is_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters that the study says, by name."""
        return self.model_dump(mode="json")
