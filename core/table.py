"""Base of the tables of hvlab.toml: what is not known, not a number or not finite is refused."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Table(BaseModel):
    """A table of parameters."""

    # "inf" is a number to TOML; no time is.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _kind_is_right(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a truth value for a number, which Python takes for 1 or 0, and a text for either."""
        annotation = cls.model_fields[info.field_name or ""].annotation
        kinds = set(get_args(annotation) or (annotation,))
        if isinstance(value, bool) and bool not in kinds and kinds & {int, float}:
            raise ValueError(f"a number is needed, not {str(value).lower()}")
        if isinstance(value, str) and str not in kinds and kinds & {int, float, bool}:
            raise ValueError(
                f"{'true or false' if bool in kinds else 'a number'} is needed, not the text {value[:40]!r}"
            )
        return value
