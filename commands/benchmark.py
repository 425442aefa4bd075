"""What `./invoke bench` measures, in its order."""

from commands.task import the_lab
from core.console import say
from core.errors import HvlabError
from core.paths import PROJECT, state_root
from dataset.models import load_study
from dataset.store import find_study
from lab import packages
from lab.bench.bring_up import BringUp, measure
from study.bench.history import append, usual_ratios
from study.bench.rows import bring_up_row, reading_rows, report_row, start_up_row, study_row
from study.bench.table import print_bring_up, print_rows
from study.timings import print_timings


def benchmark(*, bring_up: bool, provider: str, times: int) -> None:
    """Measure hvlab's durations, print them and add them to this machine's history.

    Args:
        bring_up: Also bring guests up.
        provider: Under which hypervisors, commas between; empty: all.
        times: How often under each.

    Raises:
        HvlabError: The options do not fit, or something did not come up.
    """
    if (provider or times != 3) and not bring_up:
        raise HvlabError("--provider and --times need --bring-up", "add --bring-up", code="bad-option")
    # The lab first: where it does not come up, nothing else was measured for nothing.
    found = _bring_up(provider, times) if bring_up else {}
    rows = [start_up_row(), report_row(), *map(bring_up_row, found.values())]
    try:
        study = find_study(PROJECT, "latest")
    except HvlabError as error:
        say(f"no study, so neither its time nor its readings: {error.message}")
    else:
        info = load_study(study)
        print_timings(info)
        whole = study_row(study, info, found)
        rows += [*reading_rows(study, info), *([whole] if whole else [])]
    before = usual_ratios()
    append(rows)
    for each in found.values():
        print_bring_up(each)
    print_rows(rows, before)


def _bring_up(provider: str, times: int) -> dict[str, BringUp]:
    from hypervisors.registry import all_hypervisors, get_hypervisor
    from lab.active_lab import ActiveLab

    packages.ensure(packages.lab_packages())
    names = [get_hypervisor(name.strip()).name for name in (provider or ",".join(all_hypervisors())).split(",")]
    active = ActiveLab(state_root())
    with active.acquire():
        active.require_off()
        lab = the_lab()
        most = lab.settings.topology.guests
        if not 1 <= times <= most:
            raise HvlabError(f"--times={times} is not in the topology", f"1 to {most}", code="bad-option")
        return {name: measure(lab, name, times) for name in names}
