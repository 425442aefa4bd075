# shellcheck shell=sh
# Settings (core/resources/setting.py). PREFIX_read prints the value or returns 3 where there is no such setting;
# PREFIX_write sets it.
# shellcheck disable=SC2034  # state, reason and remembered are for the loop

# The value in a file of the kernel's.
kernel_value() {
    chosen=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$1") || return 1
    if [ "$chosen" ]; then echo "$chosen"; else head -n 1 "$1"; fi
}

# PREFIX [VALUE]: it is the lab's while it differs from its former value; without that nothing was changed yet.
setting_probe() {
    now=$("$1_read")
    case $? in
    0) if [ $# -eq 1 ] || [ "$now" = "$2" ]; then state=absent; else state=owned; fi;;
    3) state=absent;;
    esac
}

setting_remember() {
    now=$("$1_read")
    case $? in
    0) remembered=$now;;
    3) ;;
    *) return 1;;
    esac
}

setting_remove() {
    "$1_write" "$2"
}

newline='
'

# NAME PREFIX VALUE; the last line of the write's errors becomes part of the message.
set_value() {
    "$2_read" >/dev/null
    case $? in
    0) ;;
    3) return 0;;
    *) echo "$1 cannot be read" >&2; exit 1;;
    esac
    why=$("$2_write" "$3" 2>&1 >/dev/null) && return
    why=${why##*"$newline"}
    echo "$1 cannot be set to $3${why:+: $why}" >&2
    exit 1
}
