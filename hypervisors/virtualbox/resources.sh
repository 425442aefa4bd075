# shellcheck shell=sh
# What a lab has in VirtualBox: machines. A guest is known by its network card; what Vagrant imports for guests, and names
# only later, by the description that the box gives it (box.ovf.xml). Both lie in the lab's folder.
# shellcheck disable=SC2034  # state and reason are for the loop
registry=${HOME:-/root}/.config/VirtualBox/VirtualBox.xml
# The machines that VirtualBox listed last, "NAME" {ID} a line; asked anew after a change.
listed=

# VBoxManage, or failure where its server hangs.
ask_virtualbox() { within 120 VBoxManage "$@" </dev/null; }

# Sets `listed`; sets `state` to absent where there is no VirtualBox that could have a machine.
list_machines() {
    case $listed in
    '') ;;
    failed:*) reason=${listed#failed: }; return 1;;
    *) return 0;;
    esac
    if ! command -v VBoxManage >/dev/null || { [ ! -e /dev/vboxdrv ] && [ ! -e "$registry" ]; }; then
        state=absent
        return 1
    fi
    listed=$(ask_virtualbox list vms 2>&1) || {
        # Its server may take long to fail: it is not asked again for each name.
        reason=$(echo "$listed" | tail -n 1)
        listed="failed: $reason"
        return 1
    }
    listed="
$listed
"
}

# Sets `ids` to those of the machines whose line begins with the pattern $1.
# shellcheck disable=SC2254
ids_of() {
    ids=$(echo "$listed" | while IFS= read -r line; do
        case $line in $1' {'*'}') line=${line##*\{}; echo "${line%\}}";; esac
    done)
}

# The value of a name in `told`, which `showvminfo --machinereadable` printed.
value_of() { echo "$told" | sed -n "s/^$1=\"\(.*\)\"\$/\1/p" | head -n 1; }

# Whether a machine's files lie in the folder $1.
lies_in() {
    case $(value_of CfgFile) in ''|"$1"/*) return 0;; esac
    return 1
}

# NAME CARD FOLDER
machine_probe() {
    list_machines || return
    ids_of "\"$1\""
    [ "$ids" ] || { state=absent; return; }
    told=$(ask_virtualbox showvminfo "$ids" --machinereadable) || return
    if ! echo "$told" | tr 'A-F' 'a-f' | grep -q "^macaddress[0-9]*=\"$2\""; then
        state=foreign reason="its network card is not this lab's"
    elif ! lies_in "$3"; then
        state=foreign reason="it does not lie in $3"
    else
        state=owned
    fi
}

machine_remove() { remove_machine "$ids"; }

# One that was saved is off but not free; a snapshot goes with its machine.
remove_machine() {
    listed=
    ask_virtualbox controlvm "$1" poweroff
    ask_virtualbox discardstate "$1"
    # VirtualBox holds a machine's session for a moment after its end.
    tries=0
    until ask_virtualbox unregistervm "$1" --delete; do
        tries=$((tries + 1))
        [ $tries -lt 20 ] || return 1
        sleep 1
    done
}

# FOLDER: machines that Vagrant has imported: NAME_MILLISECONDS_NUMBER
imports_probe() {
    list_machines || return
    imported=
    ids_of '"*_[0-9]*_[0-9]*"'
    for id in $ids; do
        told=$(ask_virtualbox showvminfo "$id" --machinereadable) || return
        if [ "$(value_of description)" = "Made by hvlab" ] && [ "$(value_of CfgFile)" ] && lies_in "$1"; then
            imported="$imported $id"
        fi
    done
    if [ "$imported" ]; then state=owned; else state=absent; fi
}

imports_remove() {
    for id in $imported; do remove_machine "$id"; done
}
