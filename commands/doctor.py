"""The command doctor."""

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import PROVIDER, command, settings


@command(
    help={
        "host": "nested, local, or ssh://user@host:port; default: lab_host.host of hvlab.toml",
        "provider": f"{PROVIDER}; default: what all of them need",
        "json": "print JSON",
    }
)
def doctor(c: Context, host: str = "", provider: str = "", json: bool = False) -> None:
    """Check every requirement; exit status 1 if one fails."""
    from lab.doctor.output import print_diagnosis
    from lab.doctor.run import diagnose

    diagnosis = diagnose(host or settings().lab_host.host, provider, settings())
    if json:
        print(diagnosis.model_dump_json(indent=2))
    else:
        print_diagnosis(diagnosis)
    if not diagnosis.healthy:
        raise Exit(code=1)
