"""The command doctor."""

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import command, settings


@command(
    help={
        "host": "nested (this machine, as the one that runs it), local, or ssh://user@host:port; hvlab.toml's without",
        "provider": "kvm, xen or virtualbox; without, what all of them need",
        "json": "as JSON",
    }
)
def doctor(c: Context, host: str = "", provider: str = "", json: bool = False) -> None:
    """Check every requirement, and say what to do; changes nothing. Exit status 1 if one fails."""
    from lab.doctor.output import print_diagnosis
    from lab.doctor.run import diagnose

    diagnosis = diagnose(host or settings().lab_host.host, provider, settings())
    if json:
        print(diagnosis.model_dump_json(indent=2))
    else:
        print_diagnosis(diagnosis)
    if not diagnosis.healthy:
        raise Exit(code=1)
