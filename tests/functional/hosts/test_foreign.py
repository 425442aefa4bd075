"""Somebody else's network, pool, domain or disk with a name of the lab's survives every command; the lab's own goes."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.active_lab import ActiveLab
from lab.hosts.local import LocalHost
from lab.hosts.prepare import create_resources
from lab.purge import purge
from lab.state.rollback_journal import Steps
from tests.functional.hypervisors.host import Host
from tests.support.errors import raises_code

THEIRS = {
    "net/hvlab": "<network><name>hvlab</name><uuid>11111111-0000-0000-0000-000000000000</uuid></network>\n",
    "pool/hvlab": "<pool><name>hvlab</name><uuid>22222222-0000-0000-0000-000000000000</uuid></pool>\n",
    "dom/server2": "<domain><mac address='52:54:00:aa:bb:cc'/></domain>\n",
    "dom/web": "<domain/>\n",
    "theirs.img": "disk",
}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """This machine, with stand-ins for the hypervisors' tools."""
    host = Host.create(tmp_path / "machine")
    monkeypatch.setenv("PATH", f"{host.path('bin')}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(host.root))
    return host


@pytest.fixture
def kvm(tools: Host, monkeypatch: pytest.MonkeyPatch) -> Hypervisor:
    """KVM whose folder is not this machine's."""
    found = replace(get_hypervisor("kvm"), folder=str(tools.path("disks")))
    monkeypatch.setattr("lab.hosts.resources.all_hypervisors", lambda: {"kvm": found})
    return found


def put(tools: Host, files: dict[str, str]) -> None:
    for name, text in files.items():
        tools.path(name).parent.mkdir(exist_ok=True)
        tools.path(name).write_text(text)


def end(command: str, here: LocalHost, place: Path) -> list[str]:
    """End the lab in one of the ways in which it can end; return what lab.purge said."""
    lines: list[str] = []
    if command == "lab.down":
        ActiveLab(here.state).take_down()
    else:
        if command != "lab.purge":
            shutil.rmtree(here.state)
        if command == "lab.purge, all records lost":
            (place / "rollback.sh").unlink()
        purge(ActiveLab(here.state), lines.append, here.address)
    return lines


@pytest.mark.parametrize("taken", ["net/hvlab", "pool/hvlab", "dom/server2", "disks/server1.img"])
def test_what_is_in_the_way_is_named_before_anything_is_changed(
    here: LocalHost, tools: Host, kvm: Hypervisor, place: Path, taken: str
) -> None:
    put(tools, {taken: THEIRS.get(taken, "disk")})
    before = tools.tree()
    with raises_code("foreign-resource") as raised:
        here.boot(kvm)
    assert taken.partition("/")[2] in raised.value.message
    assert tools.tree() == before
    assert not (place / "owner").exists()


@pytest.mark.parametrize("command", ["lab.down", "lab.purge", "lab.purge, .lab lost", "lab.purge, all records lost"])
def test_what_came_meanwhile_survives(here: LocalHost, tools: Host, kvm: Hypervisor, place: Path, command: str) -> None:
    before = tools.tree()
    Steps(here.state).before(*here.steps[0])
    here.boot(kvm)
    create_resources(here, here.state, kvm, here.boxes, count=2, strategy="linked-clone")
    ours = f"<domain><mac address='52:54:00:68:76:01'/><source file='{kvm.folder}/server1.img'/></domain>"
    put(tools, {"dom/server1": ours, "dom/server1.active": "", "dom/server1.saved": "", "disks/server1.img": "disk"})
    put(tools, THEIRS)
    said = end(command, here, place)
    active = {name for name in tools.tree() if name.endswith(".active")}
    assert tools.tree() == before | THEIRS | dict.fromkeys(active, "")
    assert active == {"net/hvlab.active", "pool/hvlab.active"}
    assert not (place / "owner").exists()
    if command != "lab.down":
        assert "removed: on local: domain server1 (qemu:///system)" in said
        assert "left: on local: network hvlab (qemu:///system) (its UUID is not this lab's)" in said
