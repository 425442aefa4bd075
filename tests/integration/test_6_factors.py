"""The factors on a real lab host: set, read back, stored; and a dom0 that gives its memory away, as in 2011."""

from pathlib import Path

import pytest

from dataset.measurements import read_measurements
from dataset.models import load_study
from lab.connectors.ssh_config import Ssh

from .conftest import Invoke, folders

SMALL = {
    "HVLAB_LAB_HOST__SSH_PORT": "2635",
    "HVLAB_TOPOLOGY__GUESTS": "1",
    "HVLAB_TOPOLOGY__SESSION": "text",
    "HVLAB_LAB_HOST__DESKTOP": "false",
    "HVLAB_STUDY__MANAGER": "false",
}
UNUSUAL = {
    "HVLAB_FACTORS__KSM": "true",
    "HVLAB_FACTORS__THP": "never",
    "HVLAB_FACTORS__SWAP": "false",
    "HVLAB_FACTORS__PAGE_CACHE": "dropped",
    "HVLAB_FACTORS__DISK_STRATEGY": "linked-clone",
}


def test_everything_unusual_under_kvm(invoke: Invoke, aside: list[Path], tmp_path: Path) -> None:
    before = folders()
    done = invoke("study.run", "--provider=kvm", **SMALL, **UNUSUAL, HVLAB_STATE=str(tmp_path / "lab"))
    aside += folders() - before
    assert done.returncode == 0, done.stderr
    (study,) = aside
    assert load_study(study).runs[0].factors == {
        "ksm": "true", "thp": "never", "swap": "false", "dom0_memory": "absent", "page_cache": "dropped",
        "disk_strategy": "linked-clone",
    }  # fmt: skip
    found = {row.metric: row.value for row in read_measurements(study) if (row.meter, row.stage) == ("factors", "vm-1")}
    assert found["page_cache_drops"] == 2  # once a stage
    assert found["ksm_pages_sharing"] > 0
    assert found["swap_total"] == 0
    assert invoke("study.check", f"--study={study.name}").returncode == 0


def test_what_no_provider_can_do_is_refused_before_anything_boots(invoke: Invoke, tmp_path: Path) -> None:
    environ = {**SMALL, "HVLAB_STATE": str(tmp_path / "lab"), "HVLAB_FACTORS__DOM0_MEMORY": "ballooned"}
    done = invoke("lab.up", "--provider=kvm", **environ)
    assert done.returncode == 1
    assert "factors.dom0_memory" in done.stderr
    assert not (tmp_path / "lab" / "host.json").exists()


def dom0_memory(state: Path) -> dict[str, int]:
    """Return dom0's /proc/meminfo, KiB."""
    text = Ssh(state / "ssh_config", "labhost").check("cat /proc/meminfo", timeout=60, what="asking dom0")
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in text.splitlines())}


@pytest.mark.long
def test_a_ballooned_dom0_gives_each_guest_its_memory(invoke: Invoke, tmp_path: Path) -> None:
    own = {**SMALL, "HVLAB_STATE": str(tmp_path / "lab"), "HVLAB_FACTORS__DOM0_MEMORY": "ballooned"}
    try:
        done = invoke("lab.up", "--provider=xen", **own)
        assert done.returncode == 0, done.stderr
        total = dom0_memory(tmp_path / "lab")["MemTotal"] / 1024
        # Of 4096 MiB it has all but a guest's 512 and what Xen and Linux keep (without a guest it has about 3730).
        assert 3000 < total < 3400
    finally:
        assert invoke("lab.down", **own).returncode == 0
