"""A known load on a machine that SSH reaches: memory that is held to the page.

Perl's core is on every Debian, so nothing has to be installed or compiled there.
"""

from lab.errors import HvlabError
from lab.ssh import Ssh

# mmap(2) with MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE gives the pages at once; each then gets eight random bytes of its
# own, so that no two are alike and KSM has nothing to merge. The numbers are x86-64's: 9 mmap, 0 read.
_HOLD_PL = """\
my $size = shift() * 1048576;
my $at = syscall(9, 0, $size, 3, 0x8022, -1, 0);
die "mmap: $!\\n" if $at == -1;
open my $random, "<", "/dev/urandom" or die "urandom: $!\\n";
for (my $page = 0; $page < $size; $page += 4096) {
    syscall(0, fileno $random, $at + $page, 8) == 8 or die "read: $!\\n";
}
$| = 1;
print "held\\n";
sleep;
"""


def hold_command(mib: int) -> str:
    """Return a shell line that starts a process which holds `mib` MiB, waits until it has them, and prints its pid.

    The process goes on after the session has ended; `kill PID` ends it. What it takes beside that memory is Perl: about
    3 MiB resident. The line fails if the memory cannot be had.
    """
    program = _HOLD_PL.replace("'", "'\\''")
    return (
        "said=$(mktemp) && { "
        f"setsid perl -e '{program}' {mib} >$said 2>&1 </dev/null & pid=$!; "
        "while kill -0 $pid 2>/dev/null && ! grep -q held $said; do sleep 0.2; done; "
        "if grep -q held $said; then rm $said; echo $pid; else cat $said >&2; rm $said; exit 1; fi; }"
    )


def hold_memory(ssh: Ssh, mib: int, timeout: float = 300) -> int:
    """Let a machine hold `mib` MiB until the process is ended; return its pid.

    Raises:
        HvlabError: The memory cannot be had within `timeout` seconds.
    """
    if mib < 1:
        raise HvlabError(f"{mib} MiB cannot be held", "1 or more")
    return int(ssh.check(hold_command(mib), timeout=timeout, what=f"holding {mib} MiB"))
