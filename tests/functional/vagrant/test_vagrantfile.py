from pathlib import Path

import pytest

from tests.functional.vagrant.conftest import LACKS, Probed
from tests.functional.vagrant.tools import PROVIDERS, VAGRANT, Vagrant, require, run

RUBY = sorted([VAGRANT / "Vagrantfile", *VAGRANT.glob("lib/**/*.rb")])
SAYS = (
    "has no box",
    "has no network.name",
    "has no disk_strategy",
    "has a guest without mac",
    "lab_host has no ssh_config",
)
SHELL = sorted([*VAGRANT.glob("lib/hvlab/*/bin/*"), *VAGRANT.glob("prepare/*.sh")])


def test_ruby_is_valid() -> None:
    """All files in one process: what is wrong is told with its file and line."""
    require("ruby")
    assert len(RUBY) > 10
    # `ruby -wc` looks at the first file only.
    check = 'ARGV.each { |file| RubyVM::InstructionSequence.compile_file(file); puts "Syntax OK" }'
    done = run(["ruby", "-w", "-e", check, *map(str, RUBY)], {})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Syntax OK") == len(RUBY)


def test_shell_is_valid() -> None:
    assert SHELL
    for file in SHELL:
        done = run(["sh", "-n", str(file)], {})
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_guest_is_known_before_the_first_up(provider: str, probed: Probed) -> None:
    guests = {f"server{number}": "not_created" for number in range(1, 5)}
    assert probed.answers[f"states {provider}"] == {"answer": guests}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_lab_host_may_be_this_machine(provider: str, probed: Probed) -> None:
    assert probed.answers[f"here {provider}"] == {"answer": 0}
    assert probed.calls
    assert all("-F" not in call for call in probed.calls)


@pytest.mark.parametrize(
    ("keys", "says"),
    list(zip(LACKS, SAYS, strict=True)),
)
def test_says_what_the_topology_lacks(keys: tuple[str, ...], says: str, probed: Probed) -> None:
    assert says in probed.answers["lacks " + ".".join(keys)]["error"]


def test_says_that_there_is_no_topology(tmp_path: Path) -> None:
    """As a person sees it: no trace of Ruby's calls."""
    done = Vagrant(tmp_path, "xen", topology=tmp_path / "none.json").run("status")
    assert done.returncode != 0
    assert "none.json cannot be read" in done.stderr
    assert "\tfrom " not in done.stderr
