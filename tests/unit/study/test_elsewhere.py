"""A study on a lab host that only its owner restarts: what it can do is done, the rest waits for the other kernel."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import HvlabError
from study.host_check import require_kind, require_same, require_something
from tests.support.errors import raises_code

XENS = HvlabError("server runs the plain kernel, xen needs Xen", "reboot it into its boot entry 'Debian, with Xen'")


def host(obstacles: dict[str, HvlabError] | None = None, **identity: str) -> Any:
    found = obstacles or {}
    return SimpleNamespace(kind="ssh", identity=lambda: identity, obstacle=lambda provider: found.get(provider.name))


def test_one_provider_that_can_be_had_is_enough() -> None:
    require_something(host(obstacles={"xen": XENS}), ["xen", "kvm"])
    with pytest.raises(HvlabError, match="xen needs Xen"):
        require_something(host(obstacles={"xen": XENS}), ["xen"])


@pytest.mark.parametrize(
    ("here", "says"),
    [
        (host(hostname="other", machine="aa"), "hostname server, this one has other"),
        (host(hostname="server", machine="bb"), "machine aa, this one has bb"),
    ],
)
def test_another_machine_is_refused(tmp_path: Path, here: Any, says: str) -> None:
    study: Any = SimpleNamespace(
        id="s", environment=SimpleNamespace(kind="ssh", host={"hostname": "server", "machine": "aa"})
    )
    with pytest.raises(HvlabError, match=says):
        require_same(here, study)
    with raises_code("other-lab-host", "kind ssh", "local"):
        require_kind("local", study)
    require_kind("ssh", study)
    # What one of both does not tell (dom0 without dmidecode) is no difference.
    require_same(host(hostname="server", machine="aa", board="cc"), study)
    require_same(host(hostname="server"), study)
