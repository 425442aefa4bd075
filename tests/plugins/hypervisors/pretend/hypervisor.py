"""Pretend: a hypervisor for the tests. All that hvlab knows of it is in this folder."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from hypervisors.base import ControllerNeeds, Hypervisor, MachineMemory, Manager, Parameters
from hypervisors.boot import PlainKernel
from hypervisors.boxes import BoxFormat, GuestDisk
from hypervisors.calibration import Calibration
from hypervisors.common import qemu_img
from hypervisors.evidence import Evidence, GuestList
from hypervisors.host_image import HostSoftware
from hypervisors.processes import ProcessPatterns
from study.meters.base import unrecognised

from . import doctor
from .stat import parse
from .traits import TRAITS

_HERE = Path(__file__)


class PretendParameters(Parameters):
    """Its own parameters."""

    threads: int = Field(2, ge=1)


def _running(text: str) -> list[str]:
    lines = text.splitlines()
    if lines[:1] != ["GUESTS"]:
        raise unrecognised("pretend-list", text, "no line GUESTS")
    return lines[1:]


def _write_box(folder: Path, disk: GuestDisk) -> Mapping[str, object]:
    (folder / "disk.pretend").write_bytes(disk.path.read_bytes())
    return {}


def _memory(text: str) -> tuple[int | None, int | None]:
    numbers = {number.metric: int(number.value) for number in parse(text)} if text else {}
    return numbers.get("total"), numbers.get("free")


HYPERVISOR = Hypervisor(
    name="pretend",
    title="Pretend",
    order=90,
    words=("pretend", "pretendctl"),
    log_words=("pretend",),
    vagrant="pretend",
    box=BoxFormat("pretend", _write_box, code=(_HERE,)),
    boot=PlainKernel(),
    software=HostSoftware(packages=("pretend",), start=(_HERE.with_name("start.sh"),), code=(_HERE,)),
    folder="/pretend",
    processes=ProcessPatterns(guest=("pretend-vmm",), daemon=("pretendd",), manager=("pretend-gui",)),
    guest_list=GuestList("pretend-list", "pretendctl list", _running),
    evidence=(Evidence("pretend-log", "pretendctl log"),),
    running_command="pretendctl list | tail -n +2",
    manager=Manager("Pretend's manager", "Virtual Machine Manager", ("pretend-gui",)),
    screenshot_command='pretendctl screenshot "$guest" "$picture"',
    ended_command='pretendctl why "$guest"',
    vital_command='pretendctl vital "$guest"',
    console_command='pretendctl console "$guest"',
    start_command='pretendctl start "$guest"',
    power_off_command='pretendctl off "$guest"',
    attach_command="",
    disk_strategies={"full-copy": "full copy", "linked-clone": "linked clone", "preallocated": "preallocated"},
    traits=TRAITS,
    calibration=Calibration(guest_memory="hidden"),
    endpoint="forward",
    without={"ksm": "keeps its guests' memory to itself"},
    factor_readings={"disk_strategy": qemu_img.READING},
    version_commands={"pretend": "pretendctl version"},
    doctor=(doctor.CHECK,),
    harmless=(r"pretend: all is well",),
    needs_hardware=False,
    machine_memory=MachineMemory("pretendctl stat 2>/dev/null", _memory),
    controller=ControllerNeeds(packages=("pretend-client",)),
    parameters=PretendParameters,
)
