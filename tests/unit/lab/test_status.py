"""What is told of a lab, also while it is only about to come up."""

import json
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab import status
from lab.hosts.unmanaged_lab import RECORD


@pytest.mark.parametrize("address", ["local", "ssh://root@server"])
def test_a_lab_that_is_being_set_up_is_told_so(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its host is claimed and is sent boxes; ssh has no configuration file yet."""
    facts = {"address": address, "config": "", "provider": "kvm", "boot_id": "x"}
    (tmp_path / RECORD).write_text(json.dumps(facts))
    status.print_status(tmp_path)
    assert capsys.readouterr().out == f"lab host {address}: being set up for KVM\n"
    with pytest.raises(HvlabError, match="is being set up"):
        status.login(tmp_path, "server1", "true")
    with pytest.raises(HvlabError, match="is being set up"):
        status.host_of(tmp_path, "server1")
