import shlex
import shutil
from pathlib import Path

import pytest

from tests.functional.vagrant.tools import VAGRANT, FakeCommand, require, run

# Vagrant, as far as lab_host.rb needs it.
URI = """
module Vagrant; module Errors; class VagrantError < StandardError; end; end; end
$LOAD_PATH.unshift(ARGV[0])
require_relative ARGV[1]
require_relative File.join(File.dirname(ARGV[1]), "kvm/libvirt_uri.rb")
lab_host = Hvlab::LabHost.new({"name" => "labhost", "ssh_config" => ARGV[2]})
print Hvlab::Kvm::LibvirtUri.of(lab_host, "qemu")
"""


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
    done = run(
        [str(VAGRANT / "lib/hvlab/virtualbox/bin/VBoxManage"), "modifyvm", argument, "last"], environment, ssh.folder
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    *options, line, _ = ssh.calls[0]
    assert options == ["-T", "-F", "/a b/config", "labhost"]
    assert shlex.split(line) == ["LC_ALL=C", "VBoxManage", "modifyvm", argument, "last"]


def test_libvirt_ssh_takes_the_key_file_for_a_configuration(tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {})
    run(
        [
            str(VAGRANT / "lib/hvlab/kvm/bin/libvirt-ssh"),
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


def test_libvirt_finds_the_wrapper_in_a_folder_with_blanks_and_signs(tmp_path: Path) -> None:
    """Through libvirt itself, which reads the address otherwise than a browser."""
    for command in ("ruby", "virsh"):
        require(command)
    project = tmp_path / "a b+c&d"
    shutil.copytree(VAGRANT, project / "vagrant")
    (tmp_path / "stubs/vagrant/util").mkdir(parents=True)
    (tmp_path / "stubs/vagrant/util/subprocess.rb").write_text("")
    (tmp_path / "uri.rb").write_text(URI)
    lab_host = project / "vagrant/lib/hvlab/lab_host.rb"
    words = [str(tmp_path / "stubs"), str(lab_host), "/lab/ssh+config"]
    made = run(["ruby", str(tmp_path / "uri.rb"), *words], {})
    assert made.stderr == ""
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"": (1, "", "")})
    run(["virsh", "-c", made.stdout, "version"], {"XDG_RUNTIME_DIR": str(tmp_path)}, ssh.folder)
    assert ssh.calls[0][:2] == ["-F", "/lab/ssh+config"]
