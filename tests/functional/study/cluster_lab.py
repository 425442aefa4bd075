"""The stand-in lab on workers, and a controller that the tests kill.

As a program it runs a study in a folder over a scheduler, or continues the one that is there:
python -m tests.functional.study.cluster_lab ROOT REPEATS SCHEDULER
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any

from distributed import Client

from lab.settings import Settings
from study.cluster.dispatch import Dispatcher
from study.cluster.job import MakeLab
from study.plan import Plan
from study.study import Study
from tests.functional.study.fakelab import FakeLab, described, fake_settings, make_tools
from tests.functional.study.test_pretend_study import TOOLS
from tests.plugged import PRETEND

PROVIDER = "pretend"
# How long a run waits in its lab host's boot, seconds: what a scaling test measures.
WAIT = "HVLAB_TEST_BOOT_S"
# A file by which a test says that runs stay in their boot.
HELD = "HVLAB_TEST_HELD"


class WaitingLab(FakeLab):
    """A lab whose runs are all alike, wherever they are run, and take their time."""

    def boot(self, name: str) -> None:
        super().boot(name)
        (self.state / "run").write_text("1\n")
        threading.Event().wait(float(os.environ.get(WAIT, "0")))
        while HELD in os.environ and Path(os.environ[HELD]).exists():
            threading.Event().wait(0.1)


def settings(guests: int = 1) -> Settings:
    """Settings of a quick study without screens."""
    quick = fake_settings(guests)
    topology = quick.topology.model_copy(update={"session": "text"})
    # A busy machine may take long until the samples are there, and the host has settled all the same.
    return quick.model_copy(update={"topology": topology, "settle": quick.settle.model_copy(update={"give_up_s": 60})})


def local_lab(wanted: Settings, state: Path) -> FakeLab:
    """Make the stand-in lab with the tools of the pretend hypervisor."""
    lab = WaitingLab(state, wanted)
    make_tools(lab.state / "tools", TOOLS | {"pretendctl": (PRETEND / "tools/pretendctl").read_text()})
    return lab


_patched = described()


def make_lab(wanted: Settings, state: Path) -> Any:
    """Make it on a worker, whose process answers for the hardware as the test's own does."""
    if not getattr(make_lab, "entered", False):
        _patched.__enter__()
        make_lab.entered = True  # type: ignore[attr-defined]
    return local_lab(wanted, state)


def other_lab(wanted: Settings, state: Path) -> Any:
    """Make a lab whose box is another one than the controller's."""
    lab = make_lab(wanted, state)
    lab.boxes.version = "2"
    return lab


def plan(repeats: int) -> Plan:
    """Return the plan of a study under the pretend hypervisor."""
    return Plan((PROVIDER,), repeats, 7)


def over(client: Client | None, root: Path, repeats: int, lab_of: MakeLab = make_lab) -> Path:
    """Run a study over a cluster, or continue the one in the folder; without a cluster one after the other."""
    lab: Any = local_lab(settings(), root.parent / "state")
    found = sorted(path.parent for path in root.glob("[!.]*/study.json") if not path.parent.is_symlink())
    with described():
        study = Study.resume(lab, found[-1]) if found else Study.begin(lab, root, plan(repeats))
        return study.run(None, Dispatcher(client, make_lab=lab_of) if client else None)


def main() -> None:
    """Be the controller of a study in ROOT."""
    # Workers find the lab by its module's name, which is not this program's.
    from tests.functional.study import cluster_lab  # noqa: PLC0415

    with Client(sys.argv[3]) as client:
        cluster_lab.over(client, Path(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
