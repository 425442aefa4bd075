"""What a lab has in libvirt: the guests' network, a storage pool, domains."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from core.resources.base import Resource
from hypervisors.layout import GuestIdentity, LabLayout

LIBRARY = Path(__file__).with_name("libvirt_resources.sh").read_text()


def network(uri: str, layout: LabLayout) -> list[Resource]:
    """Return the guests' network (NAT, an address of its own for each guest), and the bridge that it may leave."""
    plan = layout.network
    arguments = (uri, plan.name, layout.uuid("network"), network_xml(layout))
    return [
        Resource("bridge", plan.bridge, "bridge", (plan.bridge, plan.mac), (LIBRARY,)),
        Resource("network", f"{plan.name} ({uri})", "network", arguments, (LIBRARY,), creates=True),
    ]


def network_xml(layout: LabLayout) -> str:
    """Return libvirt's description of the network."""
    plan = layout.network
    hosts = "".join(
        f"<host mac={quoteattr(guest.mac)} name={quoteattr(guest.name)} ip={quoteattr(guest.address)}/>"
        for guest in layout.guests
    )
    return (
        f"<network><name>{escape(plan.name)}</name><uuid>{layout.uuid('network')}</uuid><forward mode='nat'/>"
        f"<bridge name={quoteattr(plan.bridge)} stp='off' delay='0'/><mac address={quoteattr(plan.mac)}/>"
        f"<ip address={quoteattr(plan.address)} netmask={quoteattr(plan.netmask)}><dhcp>{hosts}</dhcp></ip></network>"
    )


def pool(uri: str, name: str, layout: LabLayout) -> Resource:
    """Return a storage pool on the folder of the guests' disks."""
    xml = (
        f"<pool type='dir'><name>{escape(name)}</name><uuid>{layout.uuid('pool')}</uuid>"
        f"<target><path>{escape(layout.folder)}</path></target></pool>"
    )
    arguments = (uri, name, layout.uuid("pool"), xml)
    return Resource("storage pool", f"{name} ({uri})", "pool", arguments, (LIBRARY,), creates=True)


def manager_pool(uri: str) -> Resource:
    """Return the pool "default", which virt-manager makes where there is none."""
    arguments = (uri, "default")
    return Resource("storage pool", f"default ({uri})", "manager_pool", arguments, (LIBRARY,), remembers="required",
                    shared=True)  # fmt: skip


def domain(uri: str, guest: GuestIdentity, layout: LabLayout) -> Resource:
    """Return a guest's domain, which Vagrant creates."""
    arguments = (uri, guest.name, guest.mac, layout.folder)
    return Resource("domain", f"{guest.name} ({uri})", "domain", arguments, (LIBRARY,))
