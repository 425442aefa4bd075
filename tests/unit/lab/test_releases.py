"""The release and the mirror of the nested lab host: what they change, and what a release has no package of."""

import pytest

from core.diagnosis import State
from dataset.models import StudyInfo
from hypervisors.host_image import RELEASES, Release
from hypervisors.registry import all_hypervisors
from lab.doctor.check import Wanted
from lab.images.cache import fingerprint
from lab.images.host import DEFAULT, Origin, host_inputs, partitions, recipe
from lab.images.origin import chosen, origin_of, require_packaged
from lab.settings import Settings
from study.api import StudyRequest
from study.describe import descriptors
from study.plan import parameter_differences, plan_of, planned_parameters, settings_of
from tests.support.errors import raises_code
from tests.support.lab_hosts import CHECKS

SNAPSHOT = "http://snapshot.example/20260101T000000Z"


def settings(release: Release = "sid", host: str = "nested", mirror: str = "", **study: object) -> Settings:
    tables = {"lab_host": {"release": release, "host": host}, "images": {"mirror": mirror}, "study": study}
    return Settings.model_validate(tables)


@pytest.mark.parametrize("release", RELEASES)
def test_the_recipe_of_each_release(release: Release) -> None:
    found = recipe(Origin(release))
    assert found.suite == release
    assert all(set(each.software.packages_of(release)) <= set(found.packages) for each in Origin(release).hypervisors)
    assert len(set(found.packages)) == len(found.packages)


def test_what_a_release_has_no_package_of_is_not_in_its_recipe() -> None:
    old, new = recipe(Origin("trixie")), recipe(Origin("sid"))
    assert "virtualbox" in new.packages
    assert not [name for name in old.packages if name.startswith("virtualbox")]
    assert (old.components, new.components) == (("main",), ("main", "contrib"))
    assert not [name for name in host_inputs(Origin("trixie")) if name.startswith("virtualbox")]


def test_a_package_has_the_name_that_it_has_in_the_release() -> None:
    names = {
        release: [name for name in recipe(Origin(release)).packages if "xen-hyper" in name] for release in RELEASES
    }
    assert names["bookworm"] == ["xen-hypervisor-4.17-amd64"]
    assert names["trixie"] == ["xen-hypervisor-4.20-amd64"]


def test_each_release_and_mirror_is_an_image_of_its_own() -> None:
    origins = [*(Origin(release) for release in RELEASES), Origin("sid", SNAPSHOT)]
    assert len({fingerprint(host_inputs(origin)) for origin in origins}) == len(origins)
    assert origin_of(Settings()) == DEFAULT
    assert origin_of(settings("trixie", mirror=SNAPSHOT)) == Origin("trixie", SNAPSHOT)


def test_the_partitions_are_those_of_all_hypervisors() -> None:
    assert {each.folder for each in all_hypervisors().values()} <= {mount for mount, _, _ in partitions()}


def test_a_study_of_all_leaves_out_what_is_not_packaged() -> None:
    assert chosen(settings("trixie"), ()) == (("xen", "kvm"), {"virtualbox": "VirtualBox"})
    assert chosen(settings("sid"), ()) == (tuple(all_hypervisors()), {})


def test_what_was_named_is_not_left_out() -> None:
    with raises_code("not-packaged", "VirtualBox", "trixie", "sid"):
        chosen(settings("trixie"), ("kvm", "virtualbox"))
    with raises_code("not-packaged", "VirtualBox", "bookworm"):
        StudyRequest(("virtualbox",)).plan(settings("bookworm"))


def test_a_study_of_nothing_is_refused() -> None:
    with raises_code("not-packaged", "VirtualBox"):
        chosen(settings("trixie", providers=["virtualbox"]), ())


def test_a_real_machine_has_its_own_release() -> None:
    require_packaged(settings("trixie", host="ssh://root@server"), ["virtualbox"])
    assert chosen(settings("trixie", host="local"), ())[1] == {}


def test_a_study_records_what_it_left_out() -> None:
    wanted = settings("trixie", mirror=SNAPSHOT)
    kept = planned_parameters(wanted, StudyRequest(seed=7).plan(wanted), []).as_dict()
    assert kept["lab_host"]["release"] == "trixie"
    assert kept["images"] == {"mirror": SNAPSHOT}
    assert kept["providers"] == ["xen", "kvm"]
    assert kept["left_out"] == {"virtualbox": "VirtualBox"}
    assert "left_out" not in planned_parameters(wanted, StudyRequest(("kvm",), seed=7).plan(wanted), []).as_dict()


def test_a_study_goes_on_with_the_release_that_it_was_begun_with() -> None:
    wanted = settings("trixie", mirror=SNAPSHOT)
    plan = StudyRequest(seed=7).plan(wanted)
    described = descriptors(plan.providers, {}).model_dump()
    info = StudyInfo.model_validate(
        {
            **described, "schema": 2, "id": "x", "title": "x", "profile": "default", "created": "2026-11-30T00:00:00Z",
            "parameters": planned_parameters(wanted, plan, []).as_dict(), "environment": {"kind": "nested"},
        }
    )  # fmt: skip
    again = settings_of(info)
    assert (again.lab_host.release, again.images.mirror) == ("trixie", SNAPSHOT)
    assert plan_of(info) == plan


def test_studies_from_before_the_setting_are_of_the_first_release() -> None:
    plan = StudyRequest(seed=7).plan(Settings())
    kept = planned_parameters(Settings(), plan, []).as_dict()
    before = {name: value for name, value in kept.items() if name != "images"}
    before["lab_host"] = {name: value for name, value in kept["lab_host"].items() if name != "release"}
    assert parameter_differences(before, kept) == []
    other = planned_parameters(settings("trixie"), plan, []).as_dict()
    assert parameter_differences(before, other) == ["lab_host.release (sid and trixie)"]


@pytest.mark.parametrize(
    ("release", "provider", "state"),
    [
        ("sid", None, State.OK),
        ("sid", "virtualbox", State.OK),
        ("trixie", None, State.WARN),
        ("trixie", "kvm", State.OK),
        ("bookworm", "virtualbox", State.FAIL),
    ],
)
def test_the_doctor_says_it(release: Release, provider: str | None, state: State) -> None:
    check = CHECKS["lab-host-release"]
    # Another host in hvlab.toml than the one that is asked for.
    found = check.judge("", Wanted("nested", provider, settings(release, host="local"), "/cache", "/state"))
    assert found.state == state
    assert release in found.seen
    assert (state is State.OK) == (found.todo == "")
    assert (state is State.OK) or "VirtualBox" in found.seen


@pytest.mark.parametrize("mirror", ["snapshot.example", "http://a b/", "ftp://x/", "http://x/'"])
def test_what_is_no_mirror_is_refused(mirror: str) -> None:
    with pytest.raises(ValueError, match="mirror"):
        settings(mirror=mirror)
