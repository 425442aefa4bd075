# shellcheck shell=sh
# What a lab has in libvirt (hypervisors/common/libvirt_resources.py). A network and a pool are the lab's by their UUID, a
# domain by its network card and its disks' folder, a bridge by its address.
# shellcheck disable=SC2034,SC2154  # state and reason are for the loop, notes is its file of errors
etc_libvirt=/etc/libvirt
dom0=/proc/xen/capabilities
# What `names` holds: the URI and the command that it was asked for. The questions that failed, a line each.
names_of=
unanswered=

# virsh for the URI $1; a daemon that hangs is one that does not answer. Its first answer may take half a minute.
ask_libvirt() {
    uri=$1
    shift
    within 120 virsh -q -c "$uri" "$@"
}

# Whether libvirt has a definition on disk, also while its daemon does not run ($1: URI, $2: list command, $3: name).
definition() {
    driver=${1%%:*}
    [ "$driver" != xen ] || driver=libxl
    case $2 in
    net-list) file=$etc_libvirt/qemu/networks/$3.xml;;
    pool-list) file=$etc_libvirt/storage/$3.xml;;
    *) file=$etc_libvirt/$driver/$3.xml;;
    esac
    [ -e "$file" ]
}

# Whether the running kernel is one for this URI's hypervisor. The other one's driver may take long to say anything.
for_this_kernel() {
    if [ -e "$dom0" ]; then [ "${1%%:*}" = xen ]; else [ "${1%%:*}" != xen ]; fi
}

# Sets `names` to what the list command $2 prints of URI $1.
list_names() {
    [ "$names_of" != "$1 $2" ] || return 0
    names_of=
    # One that hangs would take as long for each name.
    case $unanswered in *"$1 $2: "*) echo "${unanswered##*"$1 $2: "}" | head -n 1 >&2; return 1;; esac
    listed=$(ask_libvirt "$1" "$2" --all --name || old_names "$1" "$2") || {
        unanswered="$unanswered$1 $2: $(tail -n 1 "$notes")
"
        return 1
    }
    # Some versions pad them.
    names=$(echo "$listed" | sed 's/^ *//; s/ *$//')
    names_of="$1 $2"
}

# The same of a virsh that does not know --name (libvirt 0.8 of CentOS 5).
old_names() {
    grep -q "support option" "$notes" || return 1
    table=$(ask_libvirt "$1" "$2" --all) || return
    # A domain's number comes before its name.
    if [ "$2" = list ]; then column=2; else column=1; fi
    echo "$table" | awk "{ print \$$column }"
}

# URI LIST-COMMAND NAME: succeeds if there is one of that name; else `state` is set as far as it is known.
is_listed() {
    if ! command -v virsh >/dev/null || ! for_this_kernel "$1"; then
        definition "$@" || { state=absent; return 1; }
    fi
    if ! list_names "$1" "$2"; then
        # Without a daemon nothing can be but what it would find at its next start.
        if grep -q "Failed to connect socket" "$notes" && ! definition "$@"; then state=absent; fi
        return 1
    fi
    case "
$names
" in *"
$3
"*) return 0;; esac
    state=absent
    return 1
}

# URI NAME UUID
network_probe() {
    is_listed "$1" net-list "$2" && compare_uuid "$3" "$(ask_libvirt "$1" net-uuid "$2")"
}

pool_probe() {
    is_listed "$1" pool-list "$2" && compare_uuid "$3" "$(ask_libvirt "$1" pool-uuid "$2")"
}

compare_uuid() {
    case $2 in
    '') ;;
    "$1") state=owned;;
    *) state=foreign reason="its UUID is not this lab's";;
    esac
}

# URI NAME UUID XML
network_create() {
    if [ "$state" = absent ]; then
        names_of=
        printf '%s\n' "$4" | ask_libvirt "$1" net-define /proc/self/fd/0 && ask_libvirt "$1" net-start "$2"
    else
        ask_libvirt "$1" net-list --name | grep -qx " *$2 *" || ask_libvirt "$1" net-start "$2"
    fi
}

network_remove() {
    names_of=
    ask_libvirt "$1" net-destroy "$2"
    ask_libvirt "$1" net-undefine "$2"
}

pool_create() {
    if [ "$state" = absent ]; then
        names_of=
        printf '%s\n' "$4" | ask_libvirt "$1" pool-define /proc/self/fd/0 && ask_libvirt "$1" pool-start "$2"
    elif ask_libvirt "$1" pool-list --name | grep -qx " *$2 *"; then
        ask_libvirt "$1" pool-refresh "$2"
    else
        ask_libvirt "$1" pool-start "$2"
    fi
}

pool_remove() {
    names_of=
    ask_libvirt "$1" pool-destroy "$2"
    ask_libvirt "$1" pool-undefine "$2"
}

# URI NAME [absent]: the pool that virt-manager makes where there is none; its files are not touched.
manager_pool_probe() {
    is_listed "$1" pool-list "$2" || return
    xml=$(ask_libvirt "$1" pool-dumpxml "$2") || return
    case $#,$xml in
    3,*"<path>/var/lib/libvirt/images</path>"*) state=owned;;
    *) state=foreign reason="it was there before the lab";;
    esac
}

manager_pool_remember() { [ "$state" != absent ] || remembered=absent; }
manager_pool_remove() { pool_remove "$@"; }

# URI NAME MAC FOLDER
domain_probe() {
    is_listed "$1" list "$2" || return
    xml=$(ask_libvirt "$1" dumpxml "$2") || return
    case $(echo "$xml" | tr 'A-F' 'a-f') in
    *"<mac address='$3'/>"*) ;;
    *) state=foreign reason="its network card is not this lab's"; return;;
    esac
    disks=$(echo "$xml" | grep "<source \(file\|dev\)=")
    case $disks in
    ''|*"'$4/"*|*"'/dev/mapper/$2'"*) state=owned;;
    *) state=foreign reason="none of its disks is in $4";;
    esac
}

# With a managed save, snapshots, or variables of its firmware a plain `undefine` refuses. No version and driver of
# libvirt takes options for all of them and for nothing else, so the next fewer are tried.
domain_remove() {
    names_of=
    ask_libvirt "$1" destroy "$2"
    for options in "--managed-save --snapshots-metadata --checkpoints-metadata --nvram" \
        "--managed-save --snapshots-metadata --nvram" "--managed-save --snapshots-metadata" "--managed-save"; do
        # shellcheck disable=SC2086  # words
        ask_libvirt "$1" undefine "$2" $options && return
    done
    ask_libvirt "$1" undefine "$2"
}

# NAME MAC: what is left of a network whose daemon was killed
bridge_probe() {
    [ -e "/sys/class/net/$1" ] || { state=absent; return; }
    address=$(cat "/sys/class/net/$1/address") || return
    if [ "$address" = "$2" ]; then state=owned; else state=foreign reason="its address is not this lab's"; fi
}

bridge_remove() { ip link delete "$1" type bridge; }
