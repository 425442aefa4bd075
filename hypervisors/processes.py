"""The processes of a hypervisor on the lab host, by name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProcessPatterns:
    """Shell patterns of `/proc/PID/comm`, which holds 15 characters: qemu-system-x86_64 is `qemu-system-x86`.

    Attributes:
        guest: What the hypervisor starts for each guest; tried first.
        daemon: What serves all guests.
        manager: The manager with its window.
        daemon_arguments: A process with a `guest` name whose command line holds one of these serves all guests, too.
        shared: Beginnings of the names of programs that serve whoever uses the hypervisor on a machine: the first
            client's environment, which they inherit, does not make them its own.
    """

    guest: tuple[str, ...]
    daemon: tuple[str, ...]
    manager: tuple[str, ...]
    daemon_arguments: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
