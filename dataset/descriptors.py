"""How a study describes itself: its hypervisors, meters and factors, and the numbers that are derived from others.

A reader of a study takes names in print, order, colours and rules from these descriptors. It needs no list of known
hypervisors, meters or factors of its own.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

HYPERVISOR_PATTERN = r"^[a-z][a-z0-9-]{0,63}$"
HypervisorName = Annotated[str, Field(pattern=HYPERVISOR_PATTERN)]
Unit = Literal["MiB", "KiB", "B", "percent", "s", "count", "1/s", "MiB/s"]
Quantity = Literal["memory", "cpu", "disk", "time", "other"]
Title = Annotated[str, Field(min_length=1)]
"""A name in print, English; `report` translates those that its catalog has."""


class Descriptor(BaseModel):
    """A part of study.json that describes something; fields of later versions are kept, not dropped."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Reference(Descriptor):
    """A publication that a statement was taken from.

    Attributes:
        title: Author, title, section, and the day on which it was read.
        url: Its address; None for a publication in print.
    """

    title: Title
    url: str | None = None


class Criterion(Descriptor):
    """One property of a hypervisor that no meter reads.

    Attributes:
        text: The statement.
        sources: Where it is written, at least one.
    """

    text: Title
    sources: tuple[Reference, ...] = Field(min_length=1)


class HypervisorInfo(Descriptor):
    """One hypervisor of the study.

    Attributes:
        name: Name in data: column `provider` of measurements.csv.
        title: Name in print.
        colour: Colour in figures, `#rrggbb`; None: `report` takes one from its palette, by position.
        image_folder: Absolute path of the folder on the lab host that holds the disk images; also the mount point of
            their partition, where they have one.
        host_name: What the system that runs the host's own kernel is called in print: `host`, or the name of a domain.
        host_memory: What the memory meters of the host's kernel cover: the whole machine, or the host system alone.
        host_cpu: The same for its CPU meters (mpstat).
        guest_memory: When a guest's memory is taken from the machine: all of it as the guest starts, or page by page
            as the guest touches it.
        manager: Name in print of the virtual machine manager.
        components: What its parts are called among the versions of the environment; none in studies that do not say.
        without_factors: Factors that have no effect under this hypervisor, and why, in words that follow `title`,
            e.g. `has no huge pages`.
        criteria: Cells of the table of properties that no meter reads, by the criterion's id.
    """

    name: HypervisorName
    title: Title
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    image_folder: Annotated[str, Field(pattern=r"^/")]
    host_name: Title = "host"
    host_memory: Literal["machine", "host"] = "machine"
    host_cpu: Literal["machine", "host"] = "machine"
    guest_memory: Literal["at-start", "on-touch"] = "on-touch"
    manager: str = ""
    components: tuple[str, ...] = ()
    without_factors: dict[str, str] = {}
    criteria: dict[str, Criterion] = {}


class WorkInfo(Descriptor):
    """What a load of the guests yields, as its program reports it.

    Attributes:
        title: Name in print, e.g. `Operations a second`.
        metric: Name of the metric, without `:GUEST`.
        unit: Its unit.
    """

    title: Title
    metric: Title
    unit: Unit


class MeterInfo(Descriptor):
    """One meter of the study.

    Attributes:
        name: Name in data: column `meter` of measurements.csv.
        title: Name in print.
        where: Where its command runs: on the lab host, in the newest guest, or in each guest, as a load is.
        quantity: What it measures.
        work: Of a load's program: what it yields; None: nothing that can be counted.
    """

    name: Title
    title: Title
    where: Literal["lab host", "guest", "guests"] = "lab host"
    quantity: Quantity = "other"
    work: WorkInfo | None = None


class Effect(Descriptor):
    """An amount that shows the effect of a factor on the lab host, as the meter `factors` reads it.

    Attributes:
        title: Name in print, e.g. `Memory that KSM saved`.
        metric: Name of the metric.
        read_in: Unit of the metric, or one that it is converted to: MiB, KiB and B are.
        scale: Number by which the metric, in that unit, is multiplied.
        unit: Unit of the result, in print.
    """

    title: Title
    metric: Title
    read_in: Unit
    scale: Annotated[float, Field(allow_inf_nan=False)] = 1.0
    unit: Unit


class FactorInfo(Descriptor):
    """One factor of the study.

    Attributes:
        name: Name in data and in hvlab.toml.
        title: Name in print.
        value: The value that the study asked for.
        applies: Whether it has an effect, by hypervisor; a hypervisor that is not named: it has.
        effects: Amounts that show its effect.
    """

    name: Title
    title: Title
    value: JsonValue = None
    applies: dict[HypervisorName, bool] = {}
    effects: tuple[Effect, ...] = ()


class Term(Descriptor):
    """One summand of a derived number.

    Attributes:
        meter: Name of a meter, or `derived` for another derived number of the same hypervisor.
        metric: Name of the metric (of the derived number); `*` stands for any text: the sum of all that match.
        but: Metrics that `metric` matches and that are left out.
        factor: Number by which the summand is multiplied.
    """

    meter: Title
    metric: Title
    but: tuple[str, ...] = ()
    factor: Annotated[float, Field(allow_inf_nan=False)] = 1.0


class DerivedInfo(Descriptor):
    """A number that is computed from metrics: the sum of its terms.

    Attributes:
        name: Name of the number; the same name under several hypervisors means the same quantity.
        title: Name in print.
        unit: Unit of the result; terms in MiB, KiB and B are converted to it.
        hypervisor: The hypervisor for which it is computed in this way.
        terms: The summands.
        formula: The computation in words or symbols, for print.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Title
    unit: Unit
    hypervisor: HypervisorName
    terms: tuple[Term, ...] = Field(min_length=1)
    formula: str = ""


class Descriptors(Descriptor):
    """All descriptors of a study.

    Attributes:
        hypervisors: In the order of print.
        meters: In the order of print.
        factors: In the order of print.
        derived: One entry for each number and hypervisor.

    Raises:
        ValidationError: A name occurs twice, or a derived number is of a hypervisor that is not described.
    """

    hypervisors: tuple[HypervisorInfo, ...] = ()
    meters: tuple[MeterInfo, ...] = ()
    factors: tuple[FactorInfo, ...] = ()
    derived: tuple[DerivedInfo, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for kind, names in (
            ("hypervisor", [it.name for it in self.hypervisors]),
            ("meter", [it.name for it in self.meters]),
            ("factor", [it.name for it in self.factors]),
            ("derived number", [f"{it.name} of {it.hypervisor}" for it in self.derived]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{kind} {twice[0]} is described twice")
        known = {it.name for it in self.hypervisors}
        for it in self.derived:
            if it.hypervisor not in known:
                raise ValueError(f"derived number {it.name} is of {it.hypervisor}, which is not described")
        return self
