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

# Help for options that several commands have.
_TAKING = {
    "repeats": "boots of the lab host per provider",
    "seed": "order of runs",
    "precision": "add repeats until the cost per guest is known this well, e.g. 1MiB",
}
_WHICH = {"study": "a folder in studies/ or reference/; the newest, finished or not"}


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


@command(help={"os": "guest OS whose media are listed in guest-kickstart/, e.g. centos-5.5"})
def image_fetch(c: Context, os: str) -> None:
    """Download and verify a guest OS's installation media."""
    from lab.media.fetch import fetch

    print(fetch(os).folder)


@command("packer", "openssh-client")
def image_check(c: Context) -> None:
    """Check kickstart files and Packer's files."""
    from lab.checks.project import check_project

    count, findings = check_project()
    for finding in findings:
        print(finding)
    if findings:
        raise Exit(code=1)
    print(f"{count} files, nothing found")


@command()
def image_list(c: Context) -> None:
    """Tell what is in the cache of images."""
    from lab.inventory import print_items

    print_items(_settings())


@command(help={"dry_run": "only tell what would go"})
def image_prune(c: Context, dry_run: bool = False) -> None:
    """Remove images that the present inputs do not name."""
    from lab.inventory import prune

    for name, kept in prune(_settings(), dry_run=dry_run).items():
        print(f"left {name}: {kept}" if kept else f"{'would remove' if dry_run else 'removed'} {name}")


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


def _half_widths(folder: Path) -> Any:
    from report.precision import half_widths

    return half_widths(folder)


def _study(providers: tuple[str, ...], repeats: int, seed: int, precision: str) -> Path:
    from study.commands import Wish, begin

    return begin(_settings(), Wish(providers, repeats, seed, precision), STUDIES, state_root(), _half_widths)


@command(
    *packages.LAB,
    help={"provider": "kvm, xen or virtualbox; several with commas", **_TAKING},
)
def study_run(c: Context, provider: str, repeats: int = 0, seed: int = 0, precision: str = "") -> None:
    """Take a study under --provider."""
    print(_study(_providers(provider), repeats, seed, precision))


@command(*packages.LAB, *packages.REPORT, help=_TAKING)
def study_all(c: Context, repeats: int = 0, seed: int = 0, precision: str = "") -> None:
    """Take a study under all providers; write its paper."""
    folder = _study((), repeats, seed, precision)
    _render(folder.name, "en")


@command(help=_WHICH)
def study_check(c: Context, study: str = "") -> None:
    """Verify captures, numbers and disclosure of a study."""
    from study.commands import verify

    verify(PROJECT, study)


@command(help=_WHICH)
def study_status(c: Context, study: str = "") -> None:
    """Tell what of a study is done, what is left, and for how long."""
    from study.commands import tell

    tell(PROJECT, study, state_root())


@command(*packages.LAB, help=_WHICH)
def study_resume(c: Context, study: str = "") -> None:
    """Go on with a study after a crash, a reboot or a failed run."""
    from study.commands import resume

    print(resume(PROJECT, study, state_root(), _half_widths))


@command(positional=["folder"], help={"folder": "the other study's folder", **_WHICH})
def study_import(c: Context, folder: str, study: str = "") -> None:
    """Merge the runs of a study that was taken on another host."""
    from study.commands import bring_in

    bring_in(PROJECT, study, Path(os.environ.get("HVLAB_CALLED_FROM", ".")) / folder)


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
    packages.ensure([*packages.LAB, *packages.REPORT, "poppler-utils", "openssh-server"])
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
    image=(image_host, image_guest, image_fetch, image_check, image_list, image_prune),
    lab=(lab_up, lab_status, lab_ssh, lab_down),
    study=(study_run, study_all, study_check, study_status, study_resume, study_import),
    report=(report_pdf,),
)
for single in (test, lint, bench, lock):
    namespace.add_task(single)
