"""hvlab's commands. Thin: each one names what it needs and calls the part that does it."""

import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from lab import packages
from lab.errors import HvlabError
from lab.paths import PROJECT, SETTINGS, STUDIES, state_root

INTERRUPTED = 130


def command(*needed: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a function a task: what it needs is installed first, errors become one line with a hint.

    Args:
        needed: System packages.
        options: For Invoke's `task`.
    """

    def wrap(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def run(*args: Any, **words: Any) -> None:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            try:
                packages.ensure(needed)
                function(*args, **words)
            except HvlabError as error:
                hint = f"\n  hint: {error.hint}" if error.hint else ""
                raise Exit(f"hvlab: {error.message}{hint}", code=1) from error
            except KeyboardInterrupt as error:
                raise Exit("hvlab: interrupted; finished runs are kept", code=INTERRUPTED) from error

        return task(run, **options)

    return wrap


def _settings() -> Any:
    from lab.settings import load_settings

    return load_settings(SETTINGS)


def _lab(guest_os: str = "") -> Any:
    from lab.bringup import Lab
    from lab.preflight import check_room

    settings = _settings()
    check_room(settings)
    if guest_os:
        topology = settings.topology.model_copy(update={"os": guest_os})
        settings = settings.model_copy(update={"topology": topology})
    return Lab(settings)


def _providers(text: str) -> tuple[str, ...]:
    from lab.providers import get_provider

    return tuple(get_provider(name.strip()).name for name in text.split(","))


@command(*packages.IMAGES)
def image_host(c: Context) -> None:
    """Build the nested lab host's image."""
    from lab.images.host import host_image

    _lab()
    print(host_image().disk.parent)


@command(*packages.LAB, help={"os": "guest OS, e.g. debian-12; topology.os of hvlab.toml without"})
def image_guest(c: Context, os: str = "") -> None:
    """Install the guest's disk with Packer; make its boxes."""
    print(_lab(os).boxes.folder.parent)


@command(*packages.LAB, help={"provider": "kvm, xen or virtualbox", "guests": "bring up only the first N guests"})
def lab_up(c: Context, provider: str, guests: int = 0) -> None:
    """Bring the four guests up under --provider."""
    from lab.bringup import exclusive, require_off
    from lab.providers import get_provider

    wanted = get_provider(provider)
    lab = _lab()
    count = guests or lab.settings.topology.guests
    if not 1 <= count <= lab.settings.topology.guests:
        raise HvlabError(f"--guests={count} is not in the topology", f"1 to {lab.settings.topology.guests}")
    with exclusive(state_root()):
        require_off(state_root())
        try:
            lab.boot(wanted.name)
            for number in range(1, count + 1):
                lab.up(wanted, f"server{number}")
        except BaseException:
            lab.down()
            raise


@command(*packages.LAB)
def lab_status(c: Context) -> None:
    """Tell what runs."""
    from lab.status import print_status

    print_status(state_root())


@command(positional=["guest"], help={"guest": "server1, server2, ..., or labhost", "command": "run this, and return"})
def lab_ssh(c: Context, guest: str, command: str = "") -> None:
    """Log in to a guest, or run one command (-c) there."""
    from lab.status import login

    status = login(state_root(), guest, command)
    if status:
        raise Exit(code=status)


@command()
def lab_down(c: Context) -> None:
    """End the guests and the lab host."""
    from lab.bringup import exclusive
    from lab.hosts.nested import stop
    from lab.vagrant import forget

    with exclusive(state_root()):
        stop(state_root())
        forget(state_root())


def _study(providers: Sequence[str], repeats: int, seed: int) -> Path:
    from lab.bringup import exclusive, require_off
    from study.campaign import Plan, Study, print_timings

    lab = _lab()
    chosen = tuple(providers) or lab.settings.study.providers
    times = repeats or lab.settings.study.repeats
    if times < 1:
        raise HvlabError(f"--repeats={times} makes no study", "1 or more")
    with exclusive(state_root()):
        require_off(state_root())
        study = Study(lab, STUDIES, Plan(chosen, times, seed or int.from_bytes(os.urandom(3))))
        folder = study.take()
    print_timings(study.info)
    return folder


@command(
    *packages.LAB,
    help={
        "provider": "kvm, xen or virtualbox; several with commas",
        "repeats": "boots of the lab host",
        "seed": "order",
    },
)
def study_run(c: Context, provider: str, repeats: int = 0, seed: int = 0) -> None:
    """Take a study under --provider."""
    print(_study(_providers(provider), repeats, seed))


@command(
    *packages.LAB, *packages.REPORT, help={"repeats": "boots of the lab host per provider", "seed": "order of runs"}
)
def study_all(c: Context, repeats: int = 0, seed: int = 0) -> None:
    """Take a study under all providers; write its paper."""
    folder = _study((), repeats, seed)
    _render(folder.name, "en")


def _render(study: str | None, lang: str) -> None:
    from report.load import find_study
    from report.paper import render

    found = find_study(PROJECT, study)
    print(render(found, STUDIES / found.resolve().name / "report", lang))


@command(*packages.REPORT, help={"study": "a folder in studies/ or reference/; the newest finished one", "lang": "en"})
def report_pdf(c: Context, study: str = "latest", lang: str = "en") -> None:
    """Write a study's paper as PDF; print its path."""
    _render(study, lang)


@command(help={"unit": "only the quick part, without hypervisors"})
def test(c: Context, unit: bool = False) -> None:
    """Run the tests; --unit for the quick part."""
    packages.ensure([*packages.LAB, *packages.REPORT, "poppler-utils"])
    _check(c, f"{sys.executable} -m pytest tests/unit")
    if not unit:
        # Not captured: what takes half an hour shows how far it is. Without the one study most tests would fail alike.
        _check(c, f"{sys.executable} -m pytest --capture=no --exitfirst --tb=short tests/integration")


@command()
def lint(c: Context) -> None:
    """Check style, types and imports."""
    folder = Path(sys.executable).parent
    for line in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        _check(c, f"{folder}/{line}")


def _check(c: Context, line: str) -> None:
    done = c.run(line, warn=True, pty=sys.stdout.isatty())
    if done is None or done.failed:
        raise Exit(code=1)


@command()
def bench(c: Context) -> None:
    """Measure the kit itself and the newest study."""
    from lab.bench import start_up_seconds
    from report.load import find_study
    from study.campaign import print_timings
    from study.dataset import load_study

    print(f"./invoke --list: {start_up_seconds():.2f} s (median of 5)")
    print_timings(load_study(find_study(PROJECT, "latest")))


@command()
def lock(c: Context) -> None:
    """Pin the packages of requirements.in anew."""
    _check(c, f"sh {PROJECT}/lab/lock.sh")


def _collect(**groups: Sequence[Any]) -> Collection:
    namespace = Collection()
    for name, members in groups.items():
        part = Collection(name)
        for member in members:
            part.add_task(member, name=member.__name__.removeprefix(f"{name}_").replace("_", "-"))
        namespace.add_collection(part)
    return namespace


namespace = _collect(
    image=(image_host, image_guest),
    lab=(lab_up, lab_status, lab_ssh, lab_down),
    study=(study_run, study_all),
    report=(report_pdf,),
)
for single in (test, lint, bench, lock):
    namespace.add_task(single)
