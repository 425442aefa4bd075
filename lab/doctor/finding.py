"""What the doctor found; the form of `--json`."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field


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


class Examined(Finding):
    """A finding with the machine it is about: "controller" or "lab host"."""

    where: str


class Diagnosis(BaseModel):
    """All findings. `schema_version` rises when a field is renamed, removed or changes its meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = 1
    host: str
    provider: str | None
    findings: list[Examined]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def healthy(self) -> bool:
        """Whether nothing fails."""
        return all(finding.state is not State.FAIL for finding in self.findings)
