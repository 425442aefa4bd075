"""Waits until a Linux kernel has finished to collapse huge pages, before memory is read.

khugepaged replaces pages of a process by a huge one, and the process's PSS grows by the gaps that it fills. QEMU's was
seen to grow by 8 MiB beside a known step after its guest had booted, while the machine's free memory did not fall:
before, 8 MiB of huge pages were there (`Active(anon)`) that no process had mapped (`AnonPages`), afterwards none. Its
default rate is 16 MiB every 10 s. So it is made to scan all processes a few times at a higher rate, and its old rate is
set again.
"""

from lab.connectors.base import Machine

# Passes through all processes; a pass that has begun does not count.
_PASSES = 3
_LIMIT_S = 60
# Fifths of a second, so that a kernel that does not scan (transparent huge pages are off) is not waited for for ever.
_PROGRAM = f"""\
cd /sys/kernel/mm/transparent_hugepage/khugepaged 2>/dev/null || exit 0
grep -q '\\[never\\]' ../enabled && exit 0
sleep_ms=$(cat scan_sleep_millisecs) pages=$(cat pages_to_scan) goal=$(($(cat full_scans) + {_PASSES})) n=0
trap 'echo "$sleep_ms" >scan_sleep_millisecs; echo "$pages" >pages_to_scan' EXIT
echo 100 >scan_sleep_millisecs
echo 65536 >pages_to_scan
while [ "$(cat full_scans)" -lt "$goal" ]; do
    n=$((n+1)); [ $n -lt {_LIMIT_S * 5} ] || {{ echo "khugepaged does not finish its scans" >&2; exit 1; }}
    sleep 0.2
done
"""


def let_huge_pages_settle(host: Machine) -> None:
    """Wait until khugepaged has scanned all memory of a machine.

    Raises:
        HvlabError: It does not finish its scans within a minute.
    """
    host.check("sh -s", stdin=_PROGRAM.encode(), timeout=_LIMIT_S + 60, what="waiting for khugepaged")
