#!/bin/sh
# mount.sh TREE PROJECT CACHE USER PROGRAM [ARGUMENT...]: makes the tools tree the root of this mount namespace and runs a program
# there. It is this same process that becomes the program: it gets the signals that ./invoke gets. (bwrap would stay in
# between and pass none on.) What the machine has outside of its own system folders is where it always is; the machine's
# whole root is below /machine.
set -eu
tree=$1 project=$2 cache=$3 name=$4
shift 4
root=$tree/root
: "${HOME:=/root}"

# Prints a line of fstab(5). No process is started for it: there are some thirty lines before each command.
line() {
    case $1$root$2 in
        *[[:blank:]\\]*) printf '%s %s none %s 0 0\n' "$(escape "$1")" "$(escape "$root$2")" "$3";;
        *) echo "$1 $root$2 none $3 0 0";;
    esac
}

escape() {
    printf '%s' "$1" | sed 's/\\/\\134/g; s/ /\\040/g; s/\t/\\011/g'
}

# A file or folder that lies in one of the folders that the tree has of its own is mounted by itself.
visible() {
    case $1 in
        /var/tmp|/var/tmp/*) ;;
        /usr/*|/etc/*|/var/*|/boot/*|/bin/*|/sbin/*|/lib*)
            [ -e "$1" ] || return 0
            if [ -d "$1" ]; then mkdir -p "$root$1"; elif [ ! -e "$root$1" ]; then mkdir -p "$root${1%/*}"; : >"$root$1"; fi
            line "$1" "$1" rbind;;
    esac
}

mounts() {
    for folder in /*; do
        case ${folder#/} in
            bin|boot|dev|etc|lib*|machine|proc|run|sbin|sys|tmp|usr|var|'lost+found') continue;;
        esac
        if [ -L "$folder" ] || [ ! -d "$folder" ]; then continue; fi
        [ -d "$root$folder" ] || mkdir "$root$folder"
        line "$folder" "$folder" rbind
    done
    for folder in /dev /proc /run /sys /tmp /var/tmp; do
        line "$folder" "$folder" rbind
    done
    for file in /etc/resolv.conf /etc/hosts /etc/localtime /etc/pip.conf; do
        [ ! -f "$file" ] || line "$file" "$file" bind
    done
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
        [ -f "$bundle" ] || continue
        line "$bundle" /etc/ssl/certs/ca-certificates.crt bind
        break
    done
    line "$passwd" /etc/passwd bind
    for path in "$project" "$cache" "$HOME" "${HVLAB_STATE-}" "${TMPDIR-}" "${SSL_CERT_FILE-}" "${PIP_CERT-}"; do
        visible "$path"
    done
}

# The user under the usual name and home folder: root here is the user of the machine.
passwd=$tree/passwd-$name
who="$name:x:0:0::$HOME:/bin/bash"
first=
{ read -r first <"$passwd"; } 2>/dev/null || :
if [ "$first" != "$who" ]; then
    { echo "$who"; cat "$root/etc/passwd"; } >"$passwd.$$"
    mv "$passwd.$$" "$passwd"
fi
mount --bind "$root" "$root"
# One process mounts all; mount reads no list from a pipe.
mounts >"$tree/fstab.$$"
mount --all --fstab "$tree/fstab.$$"
rm "$tree/fstab.$$"
mount -o remount,bind,ro "$root" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$root"
there=$PWD
cd "$root"
pivot_root . machine
cd "$there" 2>/dev/null || cd "$project"

unset LD_PRELOAD LD_LIBRARY_PATH PYTHONHOME PYTHONPATH GEM_HOME GEM_PATH RUBYLIB RUBYOPT HVLAB_PYTHON LC_ALL
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME SHELL=/bin/bash LANG=C.UTF-8
if [ -z "${HVLAB_MIRROR-}" ]; then
    # deb [OPTIONS] ADDRESS RELEASE COMPONENT...
    while read -r _ address rest; do
        case $address in
            '['*) rest=${rest#*"] "} address=${rest%% *};;
        esac
        case $address in
            *://*) HVLAB_MIRROR=$address; break;;
        esac
    done </etc/apt/sources.list
fi
export HVLAB_MIRROR
exec "$@"
