"""VirtualBox's part of the lab host's image; it is only in contrib, and in no stable release of Debian."""

from pathlib import Path

from hypervisors.host_image import HostSoftware

SOFTWARE = HostSoftware(
    # The headers and dkms are for its kernel module, which is compiled.
    packages=("virtualbox", "virtualbox-dkms", "virtualbox-qt", "linux-headers-amd64", "dkms"),
    start=(Path(__file__).with_name("start.sh"),),
    releases={"sid": ()},
    components=("contrib",),
    code=(Path(__file__),),
)
