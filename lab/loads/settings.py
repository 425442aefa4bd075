"""The table [load] of hvlab.toml: which load, its sizes, and when the host counts as quiet under it."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from core.table import Table
from lab.loads.registry import IDLE, all_loads, all_sizes, get_load
from loads.base import Load, Size, Sizes


class LoadSettleSettings(Table):
    """When the lab host counts as quiet under a load: it moves more than one whose guests are idle.

    The names are those of `SettleSettings`.
    """

    window_s: float = Field(12, gt=0)
    memory_slope_mib_per_min: float = Field(8, gt=0)
    memory_spread_mib: float = Field(8, gt=0)
    busy_slope_points_per_min: float = Field(120, gt=0)
    busy_spread_points: float = Field(25, gt=0)
    busy_mean_s: int = Field(4, ge=1)
    give_up_s: float = Field(90, gt=0)


@cache
def _model(names: tuple[str, ...], sizes: tuple[Size, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "kind": (Literal[names], IDLE),
        "settle": (LoadSettleSettings, LoadSettleSettings()),
        **{size.name: (int, Field(size.default, ge=size.least, le=size.most)) for size in sizes},
    }
    return create_model("LoadSettings", __base__=Table, **fields)


class LoadSettings(BaseModel):
    """The load and its sizes: as given, else the defaults.

    The fields are those of the loads that there are when the values are checked, so a new load's module is all that is
    needed.

    Raises:
        ValidationError: There is no such load or size, or a size is out of its range.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _check(cls, given: Any) -> dict[str, Any]:
        model = _model(tuple(all_loads()), tuple(all_sizes().values()))
        return {
            name: getattr(checked, name) for checked in [model.model_validate(given)] for name in model.model_fields
        }

    if TYPE_CHECKING:
        kind: str
        settle: LoadSettleSettings

    @property
    def load(self) -> Load:
        """The load."""
        return get_load(self.kind)

    @property
    def idle(self) -> bool:
        """Whether the guests do nothing."""
        return not self.load.programs

    def sizes(self) -> Sizes:
        """Return the sizes that the load uses, by name."""
        return {size.name: getattr(self, size.name) for size in self.load.sizes}

    def described(self) -> dict[str, Any]:
        """Return what study.json keeps: the load, the sizes that it uses, and the rule for a quiet host."""
        return {"kind": self.kind, **self.sizes(), "settle": self.settle.model_dump(mode="json")}
