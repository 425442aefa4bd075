"""Evidence: captures without numbers that show what ran on the lab host, and under which hypervisor.

It is collected together with the meters and lies beside the meters' captures, under names of its own.
"""

from hypervisors.base import Hypervisor
from hypervisors.evidence import Evidence
from hypervisors.registry import all_hypervisors
from study.measure import kernel_log

# What the kernel's log may say of hardware virtualization, whatever the hypervisor.
_LOG_WORDS = ("hypervisor", "svm", "vmx")

# From inside the newest guest: which hypervisor it sees, how much memory, and who is logged in, with which programs.
GUEST_EVIDENCE = {
    "guest-hypervisor": "sudo dmesg | grep -i -E 'hypervisor|booting paravirtualized' | head -n 5",
    "guest-free": "free -m",
    "guest-who": "who",
    "guest-ps": "ps -e -H -o user,tty,pid,rss,args",
}
# With a memory load: the memory of the process that holds it.
LOAD_EVIDENCE = {"guest-memory-load": "sudo cat /proc/$(pidof -s perl)/smaps_rollup"}


def evidence_for(hypervisor: Hypervisor) -> list[Evidence]:
    """List the evidence that is captured at every stage under a hypervisor."""
    return [
        Evidence("uname", "uname -a"),
        Evidence("dmesg-hypervisor", _kernel_names()),
        Evidence(kernel_log.EVIDENCE_NAME, kernel_log.COMMAND),
        hypervisor.guest_list,
        *hypervisor.evidence,
    ]


def _kernel_names() -> str:
    """Return the line that prints what the kernel's log says of hypervisors."""
    words = "|".join((*_LOG_WORDS, *(word for each in all_hypervisors().values() for word in each.log_words)))
    # grep's exit status is dropped: a kernel that says nothing about a hypervisor is a result, too.
    return f"dmesg | grep -i -E '{words}' | head -n 40"
