# shellcheck shell=sh
# The loop over a host's resources (core/resources/base.py): the functions of each come after this file, then a line for
# each resource:
#   claim|create|remove KIND NAME FLAGS PREFIX ARGUMENT...
# and at last `finish`. It prints a line for each result: RESULT, KIND, NAME, DETAIL, with tabs between them; "end" last.
# FLAGS, with commas between them:
#   proves     it stays while another one could not be removed, since it proves the ownership of that
#   shared     a foreign one serves as well
#   remembers  it has a function that prints the former value, which its removal needs
set -u
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
failed=0
notes=$(mktemp) || exit 2
trap 'rm -f "$notes"' EXIT

# SECONDS COMMAND...: a command that may hang. CentOS 5 has no timeout(1).
within() {
    seconds=$1
    shift
    if command -v timeout >/dev/null; then timeout "$seconds" "$@"; else "$@"; fi
}

# Some characters of a text, on one line.
one_line() {
    printf '%s' "$1" | tr '\n\t' ';;' | tr -d '\000-\037\177' | cut -c 1-300
}

report() {
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$(one_line "$4")"
    [ "$1" != failed ] || failed=$((failed + 1))
}

# Sets `state` to absent, owned, foreign, or unknown if the probe failed.
probe() {
    functions=$1
    shift
    state=unknown reason=
    "${functions}_probe" "$@" </dev/null 2>"$notes"
    case $state in
    absent|owned|foreign) ;;
    *) state=unknown; reason="cannot be seen: ${reason:-$(tail -n 1 "$notes")}";;
    esac
}

is_set() {
    case ,$flags, in *",$1,"*) return 0;; esac
    return 1
}

# Before anything is created: reports foreign resources, and the values that a removal needs.
claim() {
    kind=$1 name=$2 flags=$3 functions=$4
    shift 4
    probe "$functions" "$@"
    case $state in
    foreign) is_set shared || report foreign "$kind" "$name" "$reason"; return;;
    unknown) report failed "$kind" "$name" "$reason"; return;;
    *) report "$state" "$kind" "$name" '';;
    esac
    ! is_set remembers || remember "$@"
}

# shellcheck disable=SC2154  # set by the function
remember() {
    unset remembered
    if ! "${functions}_remember" "$@" </dev/null 2>"$notes"; then
        report failed "$kind" "$name" "cannot be read: $(tail -n 1 "$notes")"
    elif [ -n "${remembered+set}" ]; then
        case $remembered in
        *[[:cntrl:]]*) report failed "$kind" "$name" "its value has control characters";;
        *) printf 'remembered\t%s\t%s\t%s\n' "$kind" "$name" "$remembered";;
        esac
    fi
}

create() {
    kind=$1 name=$2 flags=$3 functions=$4
    shift 4
    probe "$functions" "$@"
    case $state in
    foreign)
        ! is_set shared || return
        report failed "$kind" "$name" "exists already and does not belong to this lab${reason:+: $reason}"
        finish;;
    unknown) report failed "$kind" "$name" "$reason"; finish;;
    esac
    before=$state
    "${functions}_create" "$@" </dev/null >"$notes" 2>&1
    status=$?
    output=$(tail -n 1 "$notes")
    probe "$functions" "$@"
    # One that exists may be incomplete: a network that does not start is defined.
    if [ "$status" -eq 0 ] && [ "$state" = owned ]; then
        [ "$before" = owned ] || report created "$kind" "$name" ''
    else
        report failed "$kind" "$name" "cannot be created${output:+: $output}"
        # The following ones depend on it.
        finish
    fi
}

remove() {
    kind=$1 name=$2 flags=$3 functions=$4
    shift 4
    probe "$functions" "$@"
    case $state in
    absent) return;;
    foreign) is_set shared || report foreign "$kind" "$name" "$reason"; return;;
    unknown) report failed "$kind" "$name" "$reason"; return;;
    esac
    if is_set proves && [ "$failed" -gt 0 ]; then
        report kept "$kind" "$name" "until all else is removed"
        return
    fi
    seen=$reason
    "${functions}_remove" "$@" </dev/null >"$notes" 2>&1
    output=$(tail -n 1 "$notes")
    probe "$functions" "$@"
    case $state in
    absent) report removed "$kind" "$name" "$seen";;
    # Another owner has created one of that name meanwhile.
    foreign) report removed "$kind" "$name" "$seen"; report foreign "$kind" "$name" "$reason";;
    *) report failed "$kind" "$name" "is still there${output:+: $output}";;
    esac
}

finish() {
    echo end
    [ "$failed" -eq 0 ]
    exit
}
