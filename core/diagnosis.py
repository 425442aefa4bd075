"""What a check of a machine found: met, met with a reserve, or not met."""

from collections.abc import Callable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class State(StrEnum):
    """How a requirement stands: met; met with a reserve, or not needed now; not met."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(BaseModel):
    """One requirement.

    Attributes:
        name: Stable, for programs: "hardware-virtualization".
        state: How it stands.
        seen: What was seen, one line.
        todo: What to do, one line; empty where nothing is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    state: State
    seen: str
    todo: str = ""


def facts(text: str) -> dict[str, str]:
    """Split `name=value` lines into a mapping; other lines are left out."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def verdicts(name: str) -> tuple[Callable[..., Finding], Callable[..., Finding], Callable[..., Finding]]:
    """Return functions that make an ok, a warning and a failure of the check `name`."""

    def made(state: State) -> Callable[..., Finding]:
        return lambda seen, todo="": Finding(name=name, state=state, seen=seen, todo=todo)

    return made(State.OK), made(State.WARN), made(State.FAIL)
