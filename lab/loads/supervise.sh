# shellcheck shell=sh
# Supervises the programs of a load in a guest, or what answers them on the lab host. The caller has written `programs`
# (calls of `run`), `action` and `folder` above.
: "${action:?}"

# run NAME HOLDS LINE: start a program in a folder of its own; it must hold so many KiB before it counts as started.
run() {
    mkdir "$1" && echo "$2" >"$1/holds" || exit 1
    printf 'cd "%s" && exec %s\n' "$folder/$1" "$3" >"$1/line"
    # SC2016: the inner shell expands what is in quotes.
    # shellcheck disable=SC2016
    setsid sh -c 'sh "$0/line" >"$0/out" 2>"$0/err" </dev/null & echo $! >"$0/pid.new"; mv "$0/pid.new" "$0/pid"
        wait $!; echo $? >"$0/status.new"; mv "$0/status.new" "$0/status"' "$folder/$1" </dev/null >/dev/null 2>&1 &
}

# The processes that a program consists of: PID and resident memory, KiB.
tree() {
    ps -e -o pid= -o ppid= -o rss= | awk -v top="$(cat "$1/pid")" '
        { parent[$1] = $2; rss[$1] = $3 }
        END { for (each in rss) {
            at = each
            while (at != top && at in parent) at = parent[at]
            if (at == top) print each, rss[each]
        } }'
}

largest() { tree "$1" | awk '$2 > most { most = $2 } END { print most + 0 }'; }

# Whether a program holds what it should; where that is nothing, nobody is asked: under emulation ps takes a second.
holds() { [ "$(cat "$1/holds")" = 0 ] || { [ -e "$1/pid" ] && [ "$(largest "$1")" -ge "$(cat "$1/holds")" ]; }; }

fail() {
    echo "$1: $2: $(cat "$1/err" "$1/out" 2>/dev/null | grep . | tail -n 1)" >&2
    # Of a load that did not start nothing is left.
    [ "$action" != start ] || { for each in */pid; do kill "$(cat "$each")"; done; rm -rf "$folder"; } 2>/dev/null
    exit 1
}

started() {
    n=0
    while [ ! -e "$1/pid" ] || ! holds "$1"; do
        [ ! -e "$1/status" ] || fail "$1" "ended at once with status $(cat "$1/status")"
        n=$((n+1))
        [ $n -lt "${tries:-150}" ] || fail "$1" "holds $(largest "$1") KiB, $(cat "$1/holds") were asked for"
        sleep 0.5
    done
}

runs_on() {
    [ ! -e "$1/status" ] || fail "$1" "ended by itself with status $(cat "$1/status")"
    held=$(largest "$1")
    [ "$held" -ge "$(cat "$1/holds")" ] || fail "$1" "holds $held KiB, $(cat "$1/holds") were asked for"
    echo "$1 $held"
}

ended() {
    pids=$(tree "$1" | cut -d ' ' -f 1)
    kill -TERM "$(cat "$1/pid")" 2>/dev/null
    n=0
    while [ ! -e "$1/status" ]; do
        n=$((n+1))
        # Nothing of it may outlive the load.
        # shellcheck disable=SC2086
        [ $n -lt 600 ] || { kill -KILL $pids; fail "$1" "did not end within a minute"; }
        sleep 0.1
    done
    for pid in $pids; do
        n=0
        while kill -0 "$pid" 2>/dev/null; do
            n=$((n+1))
            [ $n -lt 100 ] || fail "$1" "its process $pid has not ended"
            sleep 0.1
        done
    done
}

names() { for each in */pid; do echo "${each%/pid}"; done; }

case $action in
start)
    folder=$(mktemp -d /var/tmp/hvlab-load.XXXXXX) && cd "$folder" || exit 1
    programs
    for each in */line; do started "${each%/line}"; done
    # A program that cannot do what it is asked to ends within a moment.
    sleep 2
    for each in */line; do
        each=${each%/line}
        [ ! -e "$each/status" ] || fail "$each" "ended at once with status $(cat "$each/status")"
    done
    echo "$folder"
    ;;
check) cd "$folder" && for name in $(names); do runs_on "$name"; done ;;
end)
    cd "$folder" || exit 1
    for name in $(names); do ended "$name"; done
    tar -cf - ./*/out ./*/err ./*/status
    ;;
remove) rm -rf "$folder" ;;
esac
