"""What the doctor found; the form of `--json`."""

from pydantic import BaseModel, ConfigDict, computed_field

from core.diagnosis import Finding, State


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
