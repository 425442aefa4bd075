import shlex
from pathlib import Path

import pytest

from tests.unit.vagrant.tools import VAGRANT, FakeCommand, run


@pytest.mark.parametrize(
    "argument",
    [
        "plain",
        "two words",
        "it's",
        "a'b''c",
        "$HOME",
        "`id`",
        "back\\slash",
        '"quoted"',
        "ssh,tcp,127.0.0.1,1,,22",
        "",
        "*",
        "-n",
    ],
)
def test_vboxmanage_passes_each_argument_unchanged(argument: str, tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"": (3, "out\n", "err\n")})
    environment = {"HVLAB_SSH_CONFIG": "/a b/config", "HVLAB_LAB_HOST": "labhost"}
    done = run([str(VAGRANT / "bin" / "VBoxManage"), "modifyvm", argument, "last"], environment, ssh.folder)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    *options, line, _ = ssh.calls[0]
    assert options == ["-T", "-F", "/a b/config", "labhost"]
    assert shlex.split(line) == ["LC_ALL=C", "VBoxManage", "modifyvm", argument, "last"]


def test_libvirt_ssh_takes_the_key_file_for_a_configuration(tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {})
    run(
        [
            str(VAGRANT / "bin" / "libvirt-ssh"),
            "-i",
            "/a b/config",
            "-T",
            "-e",
            "none",
            "--",
            "labhost",
            "sh -c 'x -i y'",
        ],
        {},
        ssh.folder,
    )
    assert ssh.calls[0][:-1] == ["-F", "/a b/config", "-T", "-e", "none", "--", "labhost", "sh -c 'x -i y'"]
