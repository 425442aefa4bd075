"""The loop over resources of this machine."""

from core.errors import HvlabError
from core.resources.base import Outcome
from core.resources.removal import ABSENT, OWNED, LocalResource, Probe, remove_all


class Thing(LocalResource):
    kind = "thing"

    def __init__(self, name: str, *probes: Probe, error: str = "") -> None:
        self.name, self._probes, self._error, self.removals = name, list(probes), error, 0

    def probe(self) -> Probe:
        return self._probes.pop(0)

    def remove(self) -> None:
        self.removals += 1
        if self._error:
            raise HvlabError(self._error)


def run(*things: Thing) -> tuple[list[str], list[str]]:
    reported: list[Outcome] = []
    failed = remove_all(things, reported.append)
    return [f"{one.result} {one}" for one in reported], failed


def test_removed_is_said_after_a_second_probe() -> None:
    assert run(Thing("a", Probe("owned", "busy"), ABSENT)) == (["removed thing a (busy)"], [])


def test_what_is_still_there_is_not_removed() -> None:
    assert run(Thing("a", OWNED, OWNED)) == ([], ["thing a (is still there)"])


def test_what_is_absent_is_not_spoken_of() -> None:
    assert run(Thing("a", ABSENT)) == ([], [])


def test_a_foreign_one_is_left_and_named() -> None:
    thing = Thing("a", Probe("foreign", "alice's"))
    assert run(thing) == (["foreign thing a (alice's)"], [])
    assert thing.removals == 0


def test_one_that_fails_does_not_keep_the_others() -> None:
    last = Thing("b", OWNED, ABSENT)
    assert run(Thing("a", OWNED, error="it does not end"), last) == (["removed thing b"], ["it does not end"])


def test_one_that_somebody_else_made_meanwhile_counts_as_removed() -> None:
    assert run(Thing("a", OWNED, Probe("foreign", "alice's"))) == (["removed thing a"], [])
