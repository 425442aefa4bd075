"""What answers a load of the network on the lab host: the same program as in the guests.

The lab host may not have it; then the guest's own, with its libraries, is copied into a folder there.
"""

import shlex

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine
from lab.guests.topology import LOOPBACK, NETWORK
from lab.loads.supervisor import Supervised, Task, start
from loads.base import Program, Sizes

_COPY_S = 300
# The C library must be the lab host's own; it is not older than the guests'.
_OWN = r"/(ld-linux[^/]*|libc\.so|libm\.so|libpthread\.so|librt\.so|libdl\.so)"
_PACK = """\
file=$(command -v {name}) || {{ echo "the guest has no {name}" >&2; exit 1; }}
libraries=$(ldd "$file" | sed -n 's/.*=> \\(\\/[^ ]*\\) .*/\\1/p' | grep -vE '{own}')
tar -chf - $file $libraries 2>/dev/null
"""
_UNPACK = """\
folder=$(mktemp -d /var/tmp/hvlab-peer.XXXXXX) && cd "$folder" && mkdir tree lib && tar -xf - -C tree || exit 1
find tree -name '*.so*' -exec mv {} lib/ ';'
mkdir bin
for file in tree/usr/bin/*; do
    # Only the program itself has the guest's libraries, not the shell that starts it.
    printf '#!/bin/sh\nexec env LD_LIBRARY_PATH="%s/lib" "%s" "$@"\n' "$folder" "$folder/$file" >"bin/${file##*/}"
done
chmod 755 bin/*
echo "$folder"
"""


class Peer:
    """What answers the guests of one study on the lab host; it is ended with them.

    Args:
        host: The lab host.
        running: The programs; None: the load needs nobody there.
        copied: Folder of the programs that were copied there; "": none was.
    """

    def __init__(self, host: Machine, running: Supervised | None, copied: str) -> None:
        self.host, self.running, self.copied = host, running, copied

    def end(self) -> None:
        """End it, and remove what was copied.

        Raises:
            HvlabError: It does not end.
        """
        if self.running:
            self.running.end()
        if self.copied:
            self.host.check(f"rm -rf {shlex.quote(self.copied)}", timeout=60, what="removing the load's program")


def start_peer(
    host: Machine, guest: Machine, hypervisor: Hypervisor, programs: list[Program], *, sizes: Sizes, guests: int
) -> Peer:
    """Start what answers `guests` guests.

    Args:
        host: The lab host.
        guest: A guest, which has the programs.
        hypervisor: Says whether guests reach the lab host at its loopback address or at that of their network.
        programs: The load's programs that need it.
        sizes: The load's sizes.
        guests: Number of guests.

    Raises:
        HvlabError: It cannot be started (code `load-failed`).
    """
    serving = [(program, program.serve) for program in programs if program.serve]
    if not serving:
        return Peer(host, None, "")
    tasks = [
        Task(f"{program.meter}-{number}", f"env number={number} sh -c {shlex.quote(f'exec {serve(sizes)}')}")
        for program, serve in serving
        for number in range(1, guests + 1)
    ]
    names = sorted({serve(sizes).split()[0] for _, serve in serving})
    copied = _provide(host, guest, names)
    address = LOOPBACK if hypervisor.endpoint == "forward" else NETWORK["address"]
    tools = f"PATH={shlex.quote(copied)}/bin:$PATH; export PATH\n" if copied else ""
    return Peer(host, start(host, tasks, {"address": str(address)}, tools), copied)


def _provide(host: Machine, guest: Machine, names: list[str]) -> str:
    """Copy programs that the lab host lacks from a guest; return their folder there, "" if none was needed.

    Raises:
        HvlabError: The guest lacks one, too.
    """
    missing = [name for name in names if host.run(f"command -v {shlex.quote(name)}", timeout=60).status]
    if not missing:
        return ""
    if len(missing) > 1:
        raise HvlabError(f"the lab host lacks {', '.join(missing)}", "install them there", code="load-failed")
    packed = guest.run("sh -s", stdin=_PACK.format(name=missing[0], own=_OWN).encode(), timeout=_COPY_S)
    if packed.status or not packed.stdout:
        why = packed.stderr.decode(errors="replace").strip()
        raise HvlabError(f"{guest.name}: {missing[0]} cannot be copied: {why}", code="load-failed")
    done = host.run(f"sh -c {shlex.quote(_UNPACK)}", stdin=packed.stdout, timeout=_COPY_S)
    if done.status:
        raise HvlabError(f"the lab host does not take {missing[0]}", code="load-failed")
    return done.text.strip()
