"""A lab host that is not ours, this machine or one with OpenSSH 4.3's algorithms: claimed, supplied, given back."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.hosts import active


def test_a_name_that_is_no_lab_host_is_refused_also_when_the_lab_is_off(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="no such lab host"):
        active.require_asked_for(tmp_path, "bogus")
    active.require_asked_for(tmp_path, "ssh://root@server")
