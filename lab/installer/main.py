"""The installer's main program: reads the kickstart file, refuses or obeys it. Runs in the machine that is installed.

Everything it says goes to the console as `hvlab-installer: ...`; the controller reads that on the serial line.
"""

import sys
import termios
from pathlib import Path

from core.errors import HvlabError
from core.process import run
from lab.installer.configure import configure, install_boot_loader, make_accounts, run_script
from lab.installer.kickstart import read_kickstart
from lab.installer.medium_contents import read_stock
from lab.installer.partitions import place
from lab.installer.plan import Plan
from lab.installer.target import bind, disk_bytes, mount, partition, room_watched, the_disk, unmount, unpack

PREFIX = "hvlab-installer:"
FAILED = f"{PREFIX} failed:"
DONE = f"{PREFIX} done"
# Exit status after a line that says why; files/init adds none of its own then.
REFUSED = 2


def _say(text: str) -> None:
    uptime = Path("/proc/uptime").read_text().split()[0]
    print(f"{PREFIX} [{float(uptime):.1f}] {text}", flush=True)


def install(plan: Plan, medium: Path, target: Path) -> None:
    """Install what the plan asks for from the medium.

    Raises:
        HvlabError: If a step fails; until "partitioning" nothing is written to the disk.
    """
    read_stock(medium / "stock.json").require(plan)
    disk = the_disk()
    placed = place(plan.partitions, disk_bytes(disk))
    for note in plan.notes:
        _say(f"note: {note}")
    _say(f"partitioning {disk}")
    partition(disk, placed)
    points = mount(disk, placed, target)
    with room_watched(list(points)):
        _say("unpacking the system")
        unpack(medium / "root.tar", target)
        points += bind(target)
        _say("setting the system up")
        configure(plan, target)
        make_accounts(plan.accounts, target)
        _say("installing the boot loader")
        install_boot_loader(plan, disk, target)
        for script in plan.scripts:
            _say(run_script(script, target))
    _say("writing to the disk")
    unmount(points)


def main(kickstart: Path, medium: Path, target: Path) -> int:
    """Install; return the exit status, and say on the console what became of it."""
    try:
        plan = read_kickstart(kickstart.read_text())
        _say("the kickstart file is understood")
        install(plan, medium, target)
    except (HvlabError, OSError, UnicodeDecodeError) as error:
        print(f"{FAILED} {error}", flush=True)
        return REFUSED
    print(f"{DONE}, {plan.finish}", flush=True)
    if sys.stdout.isatty():
        termios.tcdrain(sys.stdout.fileno())  # the serial line is slower than the switch
    run(["busybox", plan.finish, "-f"], what=plan.finish)
    return 0


if __name__ == "__main__":
    sys.exit(main(*(Path(word) for word in sys.argv[1:])))
