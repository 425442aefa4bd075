# shellcheck shell=sh
# Processes that were started with a variable in their environment (core/resources/processes.py).
# shellcheck disable=SC2034  # state and reason are for the loop

# VARIABLE NAME...: the numbers of its processes, but for those whose name is one of the patterns NAME.
processes_of() {
    variable=$1
    shift
    grep -lsz "^$variable=" /proc/[0-9]*/environ | sed 's/[^0-9]//g' | while read -r process; do
        name=$(cat "/proc/$process/comm" 2>/dev/null) || continue
        for other in "$@"; do
            # shellcheck disable=SC2254  # patterns
            case $name in $other) continue 2;; esac
        done
        echo "$process $name"
    done
}

processes_probe() {
    [ -r /proc/self/environ ] || { reason="/proc cannot be read"; return; }
    found=$(processes_of "$@")
    if [ "$found" ]; then state=owned reason=$(echo "$found" | sed 's/.* //' | tr '\n' ' '); else state=absent; fi
}

# They need a moment to end: X removes its lock and its socket.
processes_remove() {
    for sign in TERM KILL; do
        processes_of "$@" | while read -r process _; do kill -s "$sign" "$process" 2>/dev/null; done
        tries=0
        while [ "$(processes_of "$@")" ]; do
            tries=$((tries + 1))
            [ $tries -le 40 ] || continue 2
            sleep 0.25
        done
        return 0
    done
}
