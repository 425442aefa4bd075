# shellcheck shell=sh
# KVM: the network, and a storage pool that holds the box's disk as vagrant-libvirt names it, so that Vagrant uploads
# nothing: for clones a copy, which they stand on, else a link, which takes no space. Comes after common.sh.
POOL=hvlab

# .../BOX/VERSION/libvirt
box=${HVLAB_BOX%/libvirt}
version=${box##*/}
box=${box%/*}
volume="${box##*/}_vagrant_box_image_${version}_box.img"

network qemu:///system
mkdir -p "$HVLAB_FOLDER"
if [ "$HVLAB_DISK_STRATEGY" != linked-clone ]; then
    ln -sf "$HVLAB_BOX/box.img" "$HVLAB_FOLDER/$volume"
elif [ ! -e "$HVLAB_FOLDER/$volume" ]; then
    cp --sparse=always "$HVLAB_BOX/box.img" "$HVLAB_FOLDER/.$volume"
    mv "$HVLAB_FOLDER/.$volume" "$HVLAB_FOLDER/$volume"
fi
if ! virsh -q pool-list --all --name | grep -q "^ *$POOL *\$"; then
    virsh -q pool-define-as "$POOL" dir --target "$HVLAB_FOLDER"
fi
if virsh -q pool-list --name | grep -q "^ *$POOL *\$"; then
    virsh -q pool-refresh "$POOL"
else
    virsh -q pool-start "$POOL"
fi
