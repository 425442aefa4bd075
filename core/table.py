"""Base of the tables of hvlab.toml: what is not known, not a number or not finite is refused."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Table(BaseModel):
    """A table of parameters."""

    # "inf" is a number to TOML; no time is.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a truth value for a number, which Python takes for 1 or 0."""
        if isinstance(value, bool) and _is_number(cls.model_fields[info.field_name or ""].annotation):
            raise ValueError(f"a number is needed, not {str(value).lower()}")
        return value


def _is_number(annotation: Any) -> bool:
    kinds = get_args(annotation) or (annotation,)
    return bool not in kinds and bool({int, float} & set(kinds))
