"""What a machine that runs already tells of itself, and which boot entry it needs for a provider."""

from lab.hosts.facts import HostFacts
from lab.hosts.machines import ThisMachine


def test_this_machine() -> None:
    found = HostFacts.gather(ThisMachine())
    assert found.identity["hostname"]
    assert found.boot_id
    assert HostFacts.gather(ThisMachine()) == found
