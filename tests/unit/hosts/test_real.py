"""An unmanaged lab host, this machine or one with OpenSSH 4.3's algorithms: claimed, supplied, given back."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.hosts.active import ActiveHost


def test_a_name_that_is_no_lab_host_is_refused_also_when_the_lab_is_off(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="no such lab host"):
        ActiveHost(tmp_path).require_named("bogus")
    ActiveHost(tmp_path).require_named("ssh://root@server")
