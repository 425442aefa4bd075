# shellcheck shell=sh
# The box's disk in the lab's folder, under the name that vagrant-libvirt looks for, so that it uploads nothing: for
# clones a copy, which they stand on, else a link, which takes no space. Comes after core/resources/files.sh.
box_volume_probe() { files_probe "$1" "$2" "$3"; }

# PREFIX FOLDER OWNER VOLUME IMAGE STRATEGY
box_volume_create() {
    if [ "$6" != linked-clone ]; then
        ln -sf "$5" "$4"
    elif [ ! -e "$4" ]; then
        cp --sparse=always "$5" "$4.part" && mv "$4.part" "$4"
    fi
}

box_volume_remove() { files_remove "$1"; }
