"""The state of a lab that is being set up."""

import json
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab import status
from lab.active_lab import ActiveLab
from lab.hosts.unmanaged_lab import RECORD
from tests.support.answering import answering
from tests.support.errors import raises_code


@pytest.mark.parametrize("address", ["local", "ssh://root@server"])
def test_a_lab_that_is_being_set_up_is_reported_as_such(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its host is claimed and is sent boxes; ssh has no configuration file yet."""
    facts = {"address": address, "config": "", "provider": "kvm", "boot_id": "x"}
    lab = ActiveLab(tmp_path)
    (tmp_path / RECORD).write_text(json.dumps(facts))
    status.print_status(lab)
    assert capsys.readouterr().out == f"lab host {address}: being set up for KVM\n"
    with pytest.raises(HvlabError) as error:
        status.login(lab, "server1", "true")
    assert error.value.code == "lab-is-being-set-up"
    with pytest.raises(HvlabError) as error:
        status.host_of(lab, "server1")
    assert error.value.code == "lab-is-being-set-up"


def test_a_name_with_blanks_is_one_name() -> None:
    """Guests of others are listed, too: `not server1` is none of this lab's."""
    machine = answering("labhost", stdout=b"not server1\n server2 \n\n")
    assert status._running_guests(machine, get_hypervisor("kvm")) == {"not server1", "server2"}


def test_a_hypervisor_that_does_not_answer_is_an_error() -> None:
    machine = answering("labhost", 1, stderr=b"error: failed to connect\n")
    with raises_code("command-failed", "failed to connect"):
        status._running_guests(machine, get_hypervisor("kvm"))
