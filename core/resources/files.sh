# shellcheck shell=sh
# Folders, files and links of a lab (core/resources/files.py). A folder is a lab's while its file .hvlab has the lab's
# owner as its first line; the second is "made" if the folder itself was made for the lab.
# shellcheck disable=SC2034  # state and reason are for the loop

# Sets `owner` to the owner of the folder $1; "": none.
folder_owner() {
    owner=
    [ ! -e "$1/.hvlab" ] || { IFS= read -r owner <"$1/.hvlab" && [ "$owner" ]; }
}

# FOLDER OWNER
folder_probe() {
    folder_owner "$1" || return
    case $owner in
    '') state=absent;;
    "$2") state=owned;;
    *) state=foreign reason="it is in use by $owner";;
    esac
}

folder_create() {
    [ ! -e "$1/.hvlab" ] || return 0
    made=
    [ -d "$1" ] || { mkdir -p "$1" && made=made; } || return
    printf '%s\n%s\n' "$2" "$made" >"$1/.hvlab.new" && mv "$1/.hvlab.new" "$1/.hvlab"
}

# Foreign files in it stay, and the folder with them.
folder_remove() {
    made=$(sed -n 2p "$1/.hvlab")
    rm -f "$1/.hvlab"
    [ "$made" != made ] || rmdir "$1" 2>/dev/null || true
}

# A folder with all that is in it, if it was made for the lab.
tree_probe() { folder_probe "$@"; }
tree_create() { folder_create "$@"; }
tree_remove() {
    if [ "$(sed -n 2p "$1/.hvlab")" = made ]; then rm -rf "$1"; else rm -f "$1/.hvlab"; fi
}

# FILE FOLDER OWNER: a file in a lab's folder
file_probe() {
    if [ ! -e "$1" ] && [ ! -L "$1" ]; then state=absent; return; fi
    folder_owner "$2" || return
    if [ "$owner" = "$3" ]; then state=owned; else state=foreign reason="$2 is not marked as this lab's"; fi
}

file_remove() { rm -f "$1"; }

# PREFIX FOLDER OWNER: all files whose path begins so
files_probe() {
    found=
    for file in "$1"*; do
        if [ -e "$file" ] || [ -L "$file" ]; then found=$file; fi
    done
    if [ "$found" ]; then file_probe "$found" "$2" "$3"; else state=absent; fi
}

files_remove() { rm -f "$1"*; }

# LINK TARGET [PARENT]: a link into the folder TARGET; PARENT was the first folder above it that there was
link_probe() {
    if [ ! -e "$1" ] && [ ! -L "$1" ]; then state=absent; return; fi
    target=$(readlink "$1") || { state=foreign reason="it is not a link"; return; }
    case $target/ in
    "$2"/*) state=owned;;
    *) state=foreign reason="it leads to $target";;
    esac
}

link_create() { mkdir -p "${1%/*}" && ln -sfn "$2" "$1"; }

link_remember() {
    remembered=${1%/*}
    while [ "$remembered" ] && [ ! -d "$remembered" ]; do remembered=${remembered%/*}; done
}

link_remove() {
    rm -f "$1" || return
    [ $# -eq 3 ] || return 0
    parent=${1%/*}
    while [ "${#parent}" -gt "${#3}" ] && rmdir "$parent" 2>/dev/null; do parent=${parent%/*}; done
}
