#!/bin/sh
# enter.sh [--development] PROGRAM [ARGUMENT...]: runs a program in the tools tree, which it builds first if it is not in
# the cache; with --development in the tree that has the programs of lint and test, too.
# enter.sh --check: prints what this machine lacks for that, "hvlab: ..." and "hint: ...", and fails if there is something.
set -eu
# Lists in the same order everywhere.
export LC_ALL=C
here=$(CDPATH='' cd -- "${0%/*}" && pwd)
project=$(CDPATH='' cd -- "$here/../.." && pwd)
cache=${HVLAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hvlab}
case $cache in /*) ;; *) cache=$PWD/$cache;; esac

fail() {
    echo "hvlab: $1" >&2
    [ -z "${2-}" ] || echo "  hint: $2" >&2
    exit 1
}

# Prints how this distribution installs what has a program: $1, its name in Debian's, Fedora's, Arch's, openSUSE's and
# Alpine's packages; "-": it has none.
how() {
    for installer in apt-get:"$1" dnf:"$2" pacman:"$3" zypper:"$4" apk:"$5"; do
        command -v "${installer%%:*}" >/dev/null || continue
        case $installer in
            *:-) echo "this distribution has no package of it: copy a tools tree from another machine's cache"; return;;
            pacman:*) echo "pacman -S ${installer#*:}"; return;;
            apk:*) echo "apk add ${installer#*:}"; return;;
            *) echo "${installer%%:*} install ${installer#*:}"; return;;
        esac
    done
    echo "install the package that has it"
}

need() {
    command -v "$1" >/dev/null && return
    fail "$1 is not installed; the tools tree needs it" "$(how "$2" "$3" "$4" "$5" "$6")"
}

# What forbids user namespaces to ordinary users, as far as files say; quick, before each command.
check_kernel() {
    for setting in apparmor_restrict_unprivileged_userns=1 unprivileged_userns_clone=0; do
        value=
        { read -r value <"/proc/sys/kernel/${setting%=*}"; } 2>/dev/null || continue
        [ "$value" != "${setting#*=}" ] || fail "this machine forbids user namespaces to ordinary users: $setting" \
            "as root: sysctl kernel.${setting%=*}=$((1 - value))"
    done
    value=
    { read -r value </proc/sys/user/max_user_namespaces; } 2>/dev/null || return 0
    [ "$value" != 0 ] || fail "this machine allows no user namespaces" "as root: sysctl user.max_user_namespaces=15000"
}

# An ordinary user is root in a user namespace, in which the user's subordinate ids are the other users.
check_namespace() {
    for tool in newuidmap newgidmap; do
        need "$tool" uidmap shadow-utils shadow shadow shadow-subids
    done
    check_kernel
    reason=$(unshare --user --map-auto --map-root-user --mount true 2>&1) && return
    name=$(id -un)
    for file in /etc/subuid /etc/subgid; do
        grep -q -s -E "^($name|$(id -u)):" "$file" ||
            fail "user $name has no subordinate ids in $file" \
                "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $name"
    done
    fail "no user namespace can be made: $reason" "is unshare of util-linux 2.38 or later? else run as root"
}

check() {
    for tool in unshare mount pivot_root flock; do
        need "$tool" util-linux util-linux util-linux util-linux util-linux-misc
    done
    [ "$(id -u)" = 0 ] || check_namespace
}

check_build() {
    check
    need mmdebstrap mmdebstrap mmdebstrap - - -
}

# With the rights of root over what the user has.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else unshare --user --map-auto --map-root-user --mount --pid --fork --kill-child --mount-proc "$@"; fi
}

build() {
    check_build
    mkdir -p "$cache"
    echo "hvlab: building the tools tree (once; 2 to 5 min on 2 cores)" >&2
    exec 9>"$tree.lock"
    flock 9
    [ -f "$tree/manifest.json" ] && return
    making=$cache/.${tree##*/}.making
    as_root rm -rf "$making"
    mkdir "$making"
    # shellcheck disable=SC2046  # names of packages
    as_root sh "$here/build.sh" "$making" "$key" $(cat "$@" | sed '/^#/d') >"$making/build.log" 2>&1 9>&- || {
        as_root rm -rf "$making/root"
        fail "the tools tree cannot be built: $(tail -n 1 "$making/build.log")" "see $making/build.log"
    }
    mv "$making" "$tree"
    exec 9>&-
}

if [ "${1-}" = --check ]; then
    (check_build) || exit
    exit 0
fi
lists="$here/packages"
if [ "$1" = --development ]; then
    lists="$lists
$here/packages.development"
    shift
fi
program=$1
shift
for folder in "$project" $(echo "${HVLAB_PLUGINS-}" | tr : ' '); do
    for list in "$folder"/hypervisors/*/tools.packages; do
        [ ! -e "$list" ] || lists="$lists
$list"
    done
done
IFS='
'
# shellcheck disable=SC2086  # one name a line
key=$(cat $lists "$here/build.sh" | sha256sum)
key=${key%"${key#????????????????}"}
tree=$cache/tools-$key
# shellcheck disable=SC2086
[ -f "$tree/manifest.json" ] || build $lists
unset IFS
set -- sh "$here/mount.sh" "$tree" "$project" "$cache" "$(id -un)" "$program" "$@"
if [ "$(id -u)" != 0 ]; then
    set -- --user --map-auto --map-root-user "$@"
    check_kernel
    unset HVLAB_OUTSIDE
else
    # The machine's mount namespace and root, for outside.sh; an ordinary user may not go back to them.
    exec 7</proc/self/ns/mnt 8</
    export HVLAB_OUTSIDE="/proc/$$"
fi
export HVLAB_OUTSIDE_PATH="$PATH"
exec unshare --mount --propagation slave "$@"
