# The devices that QEMU is built with: what a lab host and the tests of images need, nothing else.
CONFIG_Q35=y
CONFIG_I440FX=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_NET=y
CONFIG_VGA_PCI=y
