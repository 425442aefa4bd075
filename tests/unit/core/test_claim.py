"""From what a host says before a lab is set up to what the lab may create and must remove."""

from core.resources.base import Outcome, Resource
from core.resources.claim import claimed
from tests.support.errors import raises_code

NETWORK = Resource("network", "hvlab", "network", creates=True)
WRAPPER = Resource("wrapper", "/usr/model", "wrapper", shared=True)
KSM = Resource("setting", "KSM", "setting", ("ksm",), remembers="required")
LINK = Resource("link", "/boxes", "link", ("/boxes",), remembers="optional")
ALL = [NETWORK, WRAPPER, KSM, LINK]


def seen(*resources: Resource) -> list[Outcome]:
    return [Outcome("absent", one.kind, one.name) for one in resources]


def test_what_is_remembered_becomes_an_argument() -> None:
    outcomes = [*seen(*ALL), Outcome("remembered", "setting", "KSM", "0"), Outcome("remembered", "link", "/boxes", "/")]
    assert [one.arguments for one in claimed(ALL, outcomes)] == [(), (), ("ksm", "0"), ("/boxes", "/")]
    assert {one.remembers for one in claimed(ALL, outcomes)} == {"no"}


def test_a_setting_that_the_host_does_not_have_is_not_set_back() -> None:
    assert claimed([KSM, LINK], seen(KSM, LINK)) == [LINK]


def test_a_foreign_one_that_serves_as_well_is_neither_created_nor_removed() -> None:
    assert claimed([NETWORK, WRAPPER], seen(NETWORK)) == [NETWORK]


def test_a_foreign_one_is_in_the_way() -> None:
    foreign = Outcome("foreign", "network", "hvlab", "its UUID is not this lab's")
    with raises_code("foreign-resource") as caught:
        claimed([NETWORK], [foreign])
    assert "network hvlab (its UUID is not this lab's)" in caught.value.message


def test_a_question_that_failed_is_no_absence() -> None:
    with raises_code("probe-failed"):
        claimed([NETWORK], [Outcome("failed", "network", "hvlab", "cannot be seen: no answer")])


def test_silence_is_no_absence() -> None:
    with raises_code("probe-failed"):
        claimed([NETWORK, LINK], seen(LINK))
