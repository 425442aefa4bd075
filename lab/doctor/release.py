"""Which hypervisors the nested lab host's Debian release has packages of."""

from core.diagnosis import Finding, verdicts
from hypervisors.registry import all_hypervisors
from lab.doctor.check import NESTED, Check, Wanted
from lab.images.origin import absence, not_packaged, origin_of
from lab.settings import on_host


def _release(text: str, wanted: Wanted) -> Finding:
    del text  # the recipes say it
    ok, warn, fail = verdicts("lab-host-release")
    release = wanted.settings.lab_host.release
    asked = [wanted.provider] if wanted.provider else list(all_hypervisors())
    if missing := not_packaged(on_host(wanted.settings, "nested"), asked):
        seen = "; ".join(absence(title, release) for title in missing.values())
        if wanted.provider:
            return fail(seen, "set lab_host.release to one that has it, or name another hypervisor")
        return warn(seen, "study.all leaves it out; lab_host.release names another release")
    titles = (each.title for each in origin_of(wanted.settings).hypervisors)
    mirror = wanted.settings.images.mirror
    return ok(f"Debian {release}{f' from {mirror}' if mirror else ''}: {', '.join(titles)}")


CHECKS = (Check("lab-host-release", lambda wanted: "exit 0", _release, NESTED, controller=True),)
