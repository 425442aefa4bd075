"""What a machine that runs already tells of itself, and which boot entry it needs for a provider."""

from lab.hosts.facts import find_out
from lab.hosts.machines import ThisMachine


def test_this_machine() -> None:
    found = find_out(ThisMachine())
    assert found.identity["hostname"]
    assert found.boot_id
    assert find_out(ThisMachine()) == found
