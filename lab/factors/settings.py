"""The table [factors] of hvlab.toml: one field for each factor that there is."""

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, create_model, model_validator

from core.table import Table
from factors.base import Factor
from lab.factors.registry import all_factors


@cache
def _model(factors: tuple[Factor[Any], ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {factor.name: (factor.type, factor.default) for factor in factors}
    return create_model("FactorsSettings", __base__=Table, **fields)


class FactorsSettings(BaseModel):
    """The value of each factor: as given, else its default. Iterating gives pairs of name and value.

    The fields are those of the factors that there are when the values are checked, so a new factor's module is all that
    is needed.

    Raises:
        ValidationError: There is no factor of that name, or the value is not of its type.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _check(cls, given: Any) -> dict[str, Any]:
        return _model(tuple(all_factors().values())).model_validate(given).model_dump()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


def default_of(name: str) -> Any:
    """Return a factor's default."""
    return getattr(FactorsSettings(), name)
