"""Checks a machine for everything that a study needs."""

from core.diagnosis import Finding, State
from core.errors import HvlabError
from core.paths import cache_root, state_root
from hypervisors.registry import get_hypervisor
from lab.connectors.address import parse_host
from lab.connectors.base import CommandTimeoutError, Machine, last_line
from lab.doctor import capacity, clock, release, tools, tools_tree, virtualization
from lab.doctor.check import Check, Wanted
from lab.doctor.factors import factor_checks
from lab.doctor.finding import Diagnosis, Examined
from lab.doctor.hypervisors import hypervisor_checks
from lab.hosts.machines import ThisMachine, machine_of
from lab.images.acceleration import settled_accelerator
from lab.settings import Settings

_PRELUDE = "LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin; export PATH\n"


def all_checks() -> list[Check]:
    """Return all checks, in the order in which they are reported."""
    return [
        *virtualization.CHECKS,
        *hypervisor_checks(),
        *release.CHECKS,
        *tools_tree.CHECKS,
        *tools.CHECKS,
        *capacity.CHECKS,
        *factor_checks(),
        *clock.CHECKS,
    ]


def _ask(check: Check, host: Machine, wanted: Wanted) -> Finding:
    try:
        answer = host.run(_PRELUDE + check.line(wanted), timeout=check.timeout)
    except CommandTimeoutError:
        return Finding(
            name=check.name, state=State.FAIL, seen=f"no answer within {check.timeout:.0f} s", todo="is it overloaded?"
        )
    return check.judge(answer.text, wanted)


def examine(host: Machine, wanted: Wanted, controller: Machine, called: str) -> Diagnosis:
    """Run all checks that apply and return their findings.

    Args:
        host: The lab host, or what will run it.
        wanted: The kind of lab host, the hypervisor and the parameters to check for.
        controller: This machine.
        called: The host as the user named it.

    Raises:
        HvlabError: The host cannot be reached.
    """
    findings = []
    for check in all_checks():
        if wanted.kind in check.kinds:
            local = check.controller or wanted.kind != "ssh"
            found = _ask(check, controller if check.controller else host, wanted)
            findings.append(Examined(**found.model_dump(), where="controller" if local else "lab host"))
    return Diagnosis(host=called, provider=wanted.provider, findings=findings)


def diagnose(host: str, provider: str, settings: Settings) -> Diagnosis:
    """Examine what `--host` names, for the provider or, if that is empty, for all.

    Raises:
        HvlabError: If there is no such host or provider, or it does not answer.
    """
    address = parse_host(host)
    machine = machine_of(address, settings.lab_host.ssh_config)
    name = get_hypervisor(provider).name if provider else None
    wanted = Wanted(address.kind, name, settings, str(cache_root()), str(state_root()), settled_accelerator())
    if (done := machine.run("exit 0", timeout=60)).status != 0:
        why = last_line(done.stderr + done.stdout) or f"exit {done.status}"
        raise HvlabError(
            f"{host} runs no shell line: {why}", "is the login shell there a POSIX shell, and the home a folder?"
        )
    return examine(machine, wanted, ThisMachine(), host)
