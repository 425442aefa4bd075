import json
from pathlib import Path

import pytest

from tests.functional.vagrant.tools import PROVIDERS, TOPOLOGY, VAGRANT, FakeCommand, Vagrant, require, run

RUBY = sorted([VAGRANT / "Vagrantfile", *VAGRANT.glob("lib/**/*.rb")])
SHELL = sorted([*VAGRANT.glob("bin/*"), *VAGRANT.glob("prepare/*.sh")])


@pytest.mark.parametrize("file", RUBY, ids=lambda file: str(file.relative_to(VAGRANT)))
def test_ruby_is_valid(file: Path) -> None:
    require("ruby")
    done = run(["ruby", "-wc", str(file)], {})
    assert done.returncode == 0, done.stderr
    assert not done.stderr


@pytest.mark.parametrize("file", SHELL, ids=lambda file: str(file.relative_to(VAGRANT)))
def test_shell_is_valid(file: Path) -> None:
    assert run(["sh", "-n", str(file)], {}).returncode == 0


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_guest_is_known_before_the_first_up(provider: str, tmp_path: Path) -> None:
    absent = {"domstate": (1, "", "error: failed to get domain 'server1'\n"), "--version": (0, "7.2.22r1\n", "")}
    fake = FakeCommand.create(tmp_path / "bin", "ssh", absent)
    done = Vagrant(tmp_path, provider, path=fake.folder).run("status", "--machine-readable")
    assert done.returncode == 0, done.stdout + done.stderr
    states = [line.split(",") for line in done.stdout.splitlines() if ",state," in line]
    assert [(state[1], state[3]) for state in states] == [(f"server{n}", "not_created") for n in range(1, 5)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_lab_host_may_be_this_machine(provider: str, tmp_path: Path) -> None:
    topology = tmp_path / "topology.json"
    topology.write_text(json.dumps(json.loads(TOPOLOGY.read_text()) | {"lab_host": None, "boot": None}))
    answers = {"domstate": (1, "", "error: failed to get domain\n"), "--version": (0, "7.2.22r1\n", "")}
    fake = FakeCommand.create(tmp_path / "bin", "virsh", answers)
    (fake.folder / "VBoxManage").symlink_to("virsh")
    done = Vagrant(tmp_path, provider, topology=topology, path=fake.folder).run("validate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all("-F" not in call for call in fake.calls)


def broken(tmp_path: Path, *keys: str) -> Path:
    values = json.loads(TOPOLOGY.read_text())
    at = values
    for key in keys[:-1]:
        at = at[int(key)] if isinstance(at, list) else at[key]
    del at[keys[-1]]
    file = tmp_path / "topology.json"
    file.write_text(json.dumps(values))
    return file


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("box",), "has no box"),
        (("network", "name"), "has no network.name"),
        (("disk_strategy",), "has no disk_strategy"),
        (("guests", "2", "mac"), "has a guest without mac"),
        (("lab_host", "ssh_config"), "lab_host has no ssh_config"),
    ],
)
def test_says_what_the_topology_lacks(keys: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = Vagrant(tmp_path, "xen", topology=broken(tmp_path, *keys)).run("status")
    assert done.returncode != 0
    assert says in done.stderr
    assert "\tfrom " not in done.stderr


def test_says_that_there_is_no_topology(tmp_path: Path) -> None:
    done = Vagrant(tmp_path, "xen", topology=tmp_path / "none.json").run("status")
    assert done.returncode != 0
    assert "none.json cannot be read" in done.stderr
    assert "\tfrom " not in done.stderr
