"""A hypervisor that is one folder (tests/plugins/hypervisors/pretend): the rest of hvlab takes it up by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.names import hypervisor_names
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.doctor.check import Wanted
from lab.doctor.run import all_checks
from lab.guests.topology import ssh_entries
from lab.hosts.facts import obstacle, questions, read_facts
from lab.images.boxes import box_formats
from lab.images.host import DEFAULT, host_inputs, partitions, recipe
from lab.packages import lab_packages
from lab.settings import Settings, TopologySettings
from study.describe import descriptors
from study.measure.collector import commands, context_for
from study.measure.kernel_log import complaints
from study.meters.registry import meter, meters_for
from tests.plugged import FOLDER, PRETEND, plugged_in
from tests.support.errors import raises_code
from tests.support.recorded import Case, cases


@pytest.fixture(autouse=True)
def pretend() -> Iterator[Hypervisor]:
    with plugged_in(FOLDER):
        yield get_hypervisor("pretend")


def test_it_comes_last_in_print_and_is_studied_like_the_others() -> None:
    assert list(all_hypervisors())[-1] == "pretend"
    assert Settings().study.providers[-1] == "pretend"
    assert "pretend" in hypervisor_names()


def test_its_parameters_are_its_own() -> None:
    settings = Settings.model_validate({"hypervisors": {"pretend": {"threads": 4}}})
    assert settings.parameters_of("pretend") == {"threads": 4}
    assert Settings().parameters_of("pretend") == {"threads": 2}
    with raises_code("bad-setting", "hypervisors.pretend.threads"):
        Settings().model_copy(update={"hypervisors": {"pretend": {"threads": 0}}}).parameters_of("pretend")


def test_its_software_is_in_the_lab_hosts_image_and_on_the_controller() -> None:
    assert "pretend" in recipe(DEFAULT).packages
    assert partitions()[-1] == ("/pretend", 90, "Pretend image files")
    assert host_inputs(DEFAULT)["pretend: start"] == (PRETEND / "start.sh").read_text()
    assert "pretend-client" in lab_packages()
    assert "pretend" in {form.name for form in box_formats()}


def test_it_runs_on_the_plain_kernel(pretend: Hypervisor) -> None:
    assert obstacle(read_facts("boot=1\n"), pretend, "server") is None
    assert obstacle(read_facts("boot=1\nbelow=xen\n"), pretend, "server")
    assert "pretend" not in questions()


def test_its_guests_are_reached_at_forwarded_ports(pretend: Hypervisor, tmp_path: Path) -> None:
    (entry,) = ssh_entries(pretend, TopologySettings(guests=1), tmp_path / "key", via="")
    assert (entry.address, entry.port) == ("127.0.0.1", 22101)


def test_its_own_check_is_the_doctors(pretend: Hypervisor) -> None:
    (check,) = (each for each in all_checks() if each.name == "pretend")
    wanted = Wanted("local", "pretend", Settings(), "/cache", "/state")
    assert check.line(wanted) == pretend.doctor[0].line
    assert check.judge("tool=\n", wanted).state == "fail"
    assert check.judge("tool=\n", Wanted("local", "kvm", Settings(), "/cache", "/state")).state == "warn"


def test_its_meter_and_evidence_are_read(pretend: Hypervisor) -> None:
    names = list(commands(context_for(pretend, Settings())))
    assert {"pretend-stat", "pretend-list", "pretend-log"} < set(names)
    assert names.index("mpstat") < names.index("pretend-stat") < names.index("disk")
    assert "pretend-stat" not in {each.name for each in meters_for("kvm")}


@pytest.mark.parametrize("case", cases("numbers", PRETEND / "fixtures"), ids=str)
def test_its_meters_numbers(case: Case) -> None:
    read = {number.metric: [number.value, number.unit] for number in meter(case.folder).parse(case.text)}
    assert read == case.expected["numbers"]


@pytest.mark.parametrize("case", cases("error", PRETEND / "fixtures"), ids=str)
def test_its_meters_errors(case: Case) -> None:
    with pytest.raises(HvlabError, match=case.expected["error"]):
        meter(case.folder).parse(case.text)


def test_its_harmless_messages_are_none_of_its_kernels_errors() -> None:
    assert complaints("<3>[    1.0] pretend: all is well\n", all_errors=True) == []
    assert complaints("<3>[    1.0] pretend: all is lost\n", all_errors=True) == ["[    1.0] pretend: all is lost"]


def test_it_describes_itself_in_a_study() -> None:
    found = descriptors(["kvm", "pretend"], {"ksm": False, "disk_strategy": "full-copy"})
    info = found.hypervisors[-1]
    assert (info.name, info.title, info.colour, info.host_name) == ("pretend", "Pretend", "#CC79A7", "parent")
    assert info.criteria["kind"].sources[0].title.startswith("hvlab")
    assert {each.name for each in found.derived if each.hypervisor == "pretend"} == {"machine_free", "machine_total"}
    assert "pretend-stat" in {each.name for each in found.meters}
    assert found.factors[0].applies == {"pretend": False}
