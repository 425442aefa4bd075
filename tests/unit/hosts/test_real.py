"""An unmanaged lab host, this machine or one with OpenSSH 4.3's algorithms: claimed, supplied, given back."""

from pathlib import Path

from lab.hosts.active import ActiveHost
from tests.support.errors import raises_code


def test_a_name_that_is_no_lab_host_is_refused_also_when_the_lab_is_off(tmp_path: Path) -> None:
    with raises_code("bad-host"):
        ActiveHost(tmp_path).require_named("bogus")
    ActiveHost(tmp_path).require_named("ssh://root@server")
