# shellcheck shell=sh
# Settings (core/resources/setting.py). PREFIX_read prints the value or returns 3 where there is no such setting;
# PREFIX_write sets it.
# shellcheck disable=SC2034  # state, reason and remembered are for the loop

# The value in a file of the kernel's.
kernel_value() {
    chosen=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$1") || return 1
    if [ "$chosen" ]; then echo "$chosen"; else head -n 1 "$1"; fi
}

# Without a second argument nothing is known of what it was.
setting_probe() {
    [ $# -eq 2 ] || { reason="its former value is not known"; return; }
    now=$("$1_read")
    case $? in
    0) if [ "$now" = "$2" ]; then state=absent; else state=ours; fi;;
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

# NAME PREFIX VALUE
set_value() {
    "$2_read" >/dev/null
    case $? in
    0) ;;
    3) return 0;;
    *) echo "$1 cannot be read" >&2; exit 1;;
    esac
    "$2_write" "$3" || { echo "$1 cannot be set to $3" >&2; exit 1; }
}
