"""The parameters: hvlab.toml, overridden by HVLAB_* in the environment."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from core.errors import HvlabError
from core.parsing import toml_table
from core.table import Table
from hypervisors.host_image import Release
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.address import parse_host
from lab.environment import override, require_whole_names, variable_of
from lab.factors.settings import FactorsSettings
from lab.loads.settings import LoadSettings


def _known(name: str) -> str:
    """Return the name of a hypervisor.

    Raises:
        ValueError: There is none of that name; pydantic adds where it stands.
    """
    try:
        return get_hypervisor(name).name
    except HvlabError as error:
        raise ValueError(str(error)) from error


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of hypervisors of which each is there once.

    Raises:
        ValueError: One is there twice: the runs of both would have the same names.
    """
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise ValueError(f"{twice[0]} is named twice")
    return tuple(names)


ProviderName = Annotated[str, AfterValidator(_known)]
SessionName = Literal["x-window", "text"]
# What a guest's kernel and X session use (measured: docs/findings/guests.md); a memory load must fit beside it.
SYSTEM_MIB = 128
# So that each guest has a number of two digits.
MOST_GUESTS = 99


class LabHostSettings(Table):
    """The lab host; memory in MiB, time in seconds. All but the first two are the nested one's.

    Attributes:
        host: `nested`, `local`, or `ssh://user@host:port`.
        ssh_config: For a host over SSH: a file that is read instead of the user's own configuration of ssh.
        release: Debian release that it is built from.
        desktop: It has an X session with a virtual screen from its start on.
    """

    host: Annotated[str, AfterValidator(lambda text: parse_host(text).text)] = "nested"
    ssh_config: Annotated[str, AfterValidator(os.path.expanduser)] = ""

    release: Release = "sid"
    memory_mib: int = Field(4096, ge=2048)
    vcpus: int = Field(2, ge=1, le=64)
    ssh_port: int = Field(2622, ge=1024, le=65535)
    boot_timeout_s: float = Field(300, gt=0)
    desktop: bool = True
    cpu_model: str = "Opteron_G3,-misalignsse,+svm,+npt,+ssse3,+sse4.1,+sse4.2,+popcnt"


class ImagesSettings(Table):
    """Where images come from.

    Attributes:
        mirror: Address of a mirror of another day, from which the nested lab host is built; "": the usual mirror.
    """

    mirror: str = Field("", pattern=r"^((https?|file)://[^\s'\"]+)?$")


class TopologySettings(Table):
    """The guests; memory in MiB, disk in GiB, time in seconds."""

    guests: int = Field(4, ge=1, le=MOST_GUESTS)
    memory_mib: int = Field(512, ge=128)
    vcpus: int = Field(1, ge=1)
    disk_gib: int = Field(20, ge=4)
    swap_gib: int = Field(2, ge=0)
    os: str = "debian-12"
    session: SessionName = "x-window"
    memory_load_mib: int = Field(0, ge=0)
    boot_timeout_s: float = Field(400, gt=0)
    attempts: int = Field(3, ge=1)

    @model_validator(mode="after")
    def _load_fits(self) -> Self:
        """Refuse a load for which a guest has no memory beside its own system."""
        most = max(self.memory_mib - SYSTEM_MIB, 0)
        if self.memory_load_mib > most:
            raise ValueError(
                f"memory_load_mib {self.memory_load_mib} does not fit: a guest of {self.memory_mib} MiB"
                f" can hold {most} beside its system's {SYSTEM_MIB}"
            )
        return self


class StudySettings(Table):
    """What is read, how often; times in seconds.

    Attributes:
        providers: Names of hypervisors; all of them where hvlab.toml names none.
        manager: There is a stage `manager`: the hypervisor's manager is opened and stays open.
        manager_timeout_s: How long it may take to come up.
    """

    providers: Annotated[tuple[ProviderName, ...], AfterValidator(distinct)] = Field(
        default_factory=lambda: tuple(all_hypervisors()), min_length=1
    )
    repeats: int = Field(1, ge=1)
    most_repeats: int = Field(20, ge=1)
    mpstat_interval_s: int = Field(2, ge=1)
    mpstat_count: int = Field(5, ge=1)
    free_count: int = Field(5, ge=1)
    memory_count: int = Field(3, ge=1)
    attempts: int = Field(4, ge=1)
    manager: bool = True
    manager_timeout_s: float = Field(300, gt=0)


class SettleSettings(Table):
    """When the lab host counts as quiet; see docs/reference/meters.md."""

    window_s: float = Field(8, gt=0)
    memory_slope_mib_per_min: float = Field(3, gt=0)
    memory_spread_mib: float = Field(4, gt=0)
    busy_slope_points_per_min: float = Field(60, gt=0)
    busy_spread_points: float = Field(10, gt=0)
    busy_mean_s: int = Field(3, ge=1)
    give_up_s: float = Field(60, gt=0)


class Settings(Table):
    """All parameters of a study."""

    lab_host: LabHostSettings = LabHostSettings()
    images: ImagesSettings = ImagesSettings()
    topology: TopologySettings = TopologySettings()
    study: StudySettings = Field(default_factory=StudySettings)
    settle: SettleSettings = SettleSettings()
    load: LoadSettings = Field(default_factory=lambda: LoadSettings.model_validate({}))
    factors: FactorsSettings = Field(default_factory=FactorsSettings)
    hypervisors: dict[ProviderName, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _own_parameters(self) -> Self:
        """Refuse parameters that a hypervisor does not have."""
        for name in self.hypervisors:
            try:
                self.parameters_of(name)
            except HvlabError as error:
                raise ValueError(str(error)) from error
        return self

    def parameters_of(self, hypervisor: str) -> dict[str, Any]:
        """Return a hypervisor's own parameters, with the defaults of those that are not set.

        Raises:
            HvlabError: It has no such parameter, or the value is not right.
        """
        model = get_hypervisor(hypervisor).parameters
        try:
            return model.model_validate(self.hypervisors.get(hypervisor, {})).model_dump()
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in ("hypervisors", hypervisor, *first["loc"]))
            known = ", ".join(model.model_fields) or "none"
            raise HvlabError(
                f"{where}: {first['msg']}", f"parameters of {hypervisor}: {known}", code="bad-setting"
            ) from error

    @model_validator(mode="after")
    def _load_fits(self) -> Self:
        """Refuse a load that a guest has no memory for beside its system and what it holds anyway."""
        needed = self.load.load.holds(self.load.sizes())
        free = self.topology.memory_mib - SYSTEM_MIB - self.topology.memory_load_mib
        if needed > max(free, 0):
            raise ValueError(
                f"load.kind {self.load.kind} needs {needed} MiB in a guest of {self.topology.memory_mib} MiB,"
                f" which has {max(free, 0)} beside its system's {SYSTEM_MIB}"
            )
        return self

    @model_validator(mode="after")
    def _manager_has_a_screen(self) -> Self:
        """Refuse a manager's window where there is no screen for it."""
        if self.study.manager and not self.lab_host.desktop:
            raise ValueError("study.manager = true needs lab_host.desktop = true: the manager's window needs a screen")
        return self


def on_host(settings: Settings, host: str) -> Settings:
    """Return the settings with another lab host, the same if none is named.

    Raises:
        HvlabError: There is no such lab host.
    """
    named = parse_host(host).text if host else settings.lab_host.host
    return settings.model_copy(update={"lab_host": settings.lab_host.model_copy(update={"host": named})})


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read `path` and the environment.

    Raises:
        HvlabError: If the file is no TOML, or a name or value is not right; the message names it.
    """
    try:
        table = toml_table(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HvlabError(
            f"{path}: {error.strerror}", "restore it: git checkout hvlab.toml", code="bad-setting"
        ) from error
    except ValueError as error:
        raise HvlabError(
            f"{path} is not valid TOML: {error}", "git diff hvlab.toml shows what was changed", code="bad-setting"
        ) from error
    require_whole_names(environ, tuple(Settings.model_fields))
    places = override(table, environ)
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise _refused(path, error, places) from error


def _refused(path: Path, error: ValidationError, places: Mapping[tuple[str, ...], str]) -> HvlabError:
    """Make the one-line error for the first wrong name or value; it names the file or the variable."""
    first = error.errors(include_url=False, include_input=False)[0]
    variable = variable_of(places, first["loc"], first["msg"])
    where = ".".join(str(part) for part in first["loc"])
    # What concerns two tables has no place of its own.
    source = "" if variable else str(path)
    words = ": ".join(part for part in (source, where, first["msg"].removeprefix("Value error, ")) if part)
    hint = "the comments in hvlab.toml list what is known"
    if variable:
        hint = f"it comes from {variable} in the environment; {hint}"
    return HvlabError(words, hint, code="bad-setting")
