# shellcheck shell=sh
# Prepares a lab host for the guests of any hypervisor; that hypervisor's own prepare.sh follows in the same shell
# program. Both may use
#   HVLAB_FOLDER  the folder of the guests' disks
set -eu
export LC_ALL=C

# Freed pages wait on lists of each CPU, where they count neither as free nor as used; since Linux 6.7 a list grows as it
# is used, to tens of MiB. A fraction so small lets the kernel keep no more than 4 batches (252 pages) on one. Each
# refresh of the statistics brings a list an eighth nearer to that.
short_page_lists() {
    [ -w /proc/sys/vm/percpu_pagelist_high_fraction ] || return 0
    echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
        echo 1 >/proc/sys/vm/stat_refresh
    done
}
short_page_lists
