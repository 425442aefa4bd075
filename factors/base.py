"""What a factor is: a setting of the lab host or its guests that may change a cost.

A study sets each factor, reads it back at every stage, compares the two, and describes it in study.json.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.resources.setting import Setting
from dataset.descriptors import Effect, FactorInfo, HypervisorInfo
from dataset.stages import Stage
from study.meters.readback import Reading

# What a factor is where the lab host has no such thing.
ABSENT = "absent"

Shown = TypeVar("Shown")


def as_text(value: object) -> str:
    """Return a value as hvlab.toml writes it: `true`, `false`, or the text itself."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _nothing(_: Any) -> str:
    return ""


def _no_problem(text: str, nested: bool) -> str:
    return ""


@dataclass(frozen=True)
class FactorCheck:
    """How `./invoke doctor` reads a factor on a machine, without setting it.

    Attributes:
        name: Of the finding; stable, for programs.
        line: POSIX shell, without effects.
        read: Pure function from what the line printed to the finding's text and the factor's value, which is compared
            with the one of hvlab.toml.
        problem: Pure function from what the line printed, and whether the machine runs the nested lab host, to what to
            do about a state that disturbs readings whatever hvlab.toml declares; "": it does not.
    """

    name: str
    line: str
    read: Callable[[str], tuple[str, Any]]
    problem: Callable[[str, bool], str] = _no_problem


@dataclass(frozen=True)
class Factor(Generic[Shown]):
    """One factor. Adding one is adding a module to this package that defines `FACTOR`.

    The type variable is what the factor's reading shows. Values come from hvlab.toml and have been checked by `type`.

    Attributes:
        name: In data, in the table [factors] of hvlab.toml, and in HVLAB_FACTORS__NAME.
        title: In print, English; report/i18n/locale translates it.
        type: The type of its values, as pydantic knows types: `bool`, `Literal["a", "b"]`.
        default: The value that is used where hvlab.toml does not name one.
        order: Place in print; factors of the same place are sorted by name.
        setting: How it is set on a running lab host, and set back on one that hvlab does not manage; None: nothing is
            set there, as the factor acts at boot, before a reading, or on the guests.
        written: Returns a value as the setting's `write` takes it.
        before_reading: Makes the shell line that acts before each stage is read, when the lab host has settled; "":
            nothing is done.
        reading: How it is read back; None: by what the hypervisor's plug-in says (`Hypervisor.factor_readings`).
        word: Returns a shown value as hvlab.toml writes it.
        compare: Lists how a shown value differs from the one that was asked for at a stage; None: as text they differ.
        effects: Amounts among its numbers that show its effect; the paper prints those of the last stage.
        doctor: How doctor reads it on a machine; None: doctor does not check it.
        needs: Returns why the factor has no effect under a hypervisor, as text that follows its title; "": it has one.
    """

    name: str
    title: str
    type: Any
    default: Any
    order: int = 100
    setting: Setting | None = None
    written: Callable[[Any], str] = as_text
    before_reading: Callable[[Any], str] = _nothing
    reading: Reading | None = None
    word: Callable[[Shown], str] = as_text
    compare: Callable[[Shown, Any, Stage], list[str]] | None = None
    effects: tuple[Effect, ...] = ()
    doctor: FactorCheck | None = None
    needs: Callable[[HypervisorInfo], str] = _nothing

    def as_declared(self, shown: Shown | None) -> str:
        """Return what a lab host shows as hvlab.toml writes it; `absent` for None."""
        return ABSENT if shown is None else self.word(shown)

    def mismatches(self, shown: Shown | None, asked: Any, stage: Stage, hypervisor: HypervisorInfo) -> list[str]:
        """List how a lab host is not as it was asked to be at a stage, with both values.

        Where the factor has no effect under the hypervisor it may be absent.
        """
        if shown is None:
            return [] if self.without(hypervisor) else [f"{self.name} is {ABSENT}, {as_text(asked)} was asked for"]
        if self.compare is not None:
            return self.compare(shown, asked, stage)
        return self.different_text(shown, asked)

    def different_text(self, shown: Shown, asked: Any) -> list[str]:
        """List the difference between two values as text: one line, or none."""
        have, want = self.word(shown), as_text(asked)
        return [] if have == want else [f"{self.name} is {have}, {want} was asked for"]

    def without(self, hypervisor: HypervisorInfo) -> str:
        """Return why the factor has no effect under a hypervisor, as text that follows its title; "": it has one."""
        return hypervisor.without_factors.get(self.name, "") or self.needs(hypervisor)

    def describe(self, value: Any, hypervisors: Sequence[HypervisorInfo]) -> FactorInfo:
        """Describe the factor for study.json.

        Args:
            value: As the study sets it.
            hypervisors: Those of the study.
        """
        applies = {each.name: False for each in hypervisors if self.without(each)}
        return FactorInfo(name=self.name, title=self.title, value=value, applies=applies, effects=self.effects)
