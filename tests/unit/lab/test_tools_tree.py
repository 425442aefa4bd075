"""The tools tree has what commands install on a machine, and errors of commands in it say what it lacks."""

from pathlib import Path

import pytest

from commands import linters, project
from hypervisors.registry import all_hypervisors
from lab import packages
from lab.connectors.address import parse_host
from lab.doctor.tools_tree import CHECKS
from lab.hosts.machines import machine_of
from lab.images.mirror import Mirror, debian_mirror
from lab.tools_tree import facts
from tests.support.errors import raises_code
from tests.support.lab_hosts import wanted

(CHECK,) = CHECKS


def test_the_tree_has_what_commands_install() -> None:
    installed = {*packages.lab_packages(), *packages.report_packages()}
    assert installed <= set(facts.packages())


def test_a_hypervisors_list_is_what_it_declares() -> None:
    for path in facts.package_lists()[1:]:
        hypervisor = all_hypervisors()[path.parent.name]
        assert set(path.read_text().split()) == set(hypervisor.controller.packages)
    listed = {path.parent.name for path in facts.package_lists()[1:]}
    assert listed == {each.name for each in all_hypervisors().values() if each.controller.packages}


@pytest.fixture
def in_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "mark"
    mark.write_text("key\n")
    monkeypatch.setattr(facts, "MARK", mark)


@pytest.mark.usefixtures("in_the_tree")
def test_nothing_is_installed_in_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda _packages: ["shellcheck"])
    with raises_code("not-in-tools-tree"):
        packages.ensure(["shellcheck"])


@pytest.mark.usefixtures("in_the_tree")
def test_an_ordinary_user_cannot_use_this_machine_itself_from_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(facts.OUTSIDE, raising=False)
    with raises_code("local-in-tools-tree", "HVLAB_TOOLS=machine"):
        machine_of(parse_host("local"))
    machine_of(parse_host("nested"))
    machine_of(parse_host("ssh://root@host"))


@pytest.mark.usefixtures("in_the_tree")
def test_in_the_tree_only_lines_for_the_local_host_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(facts.OUTSIDE, "/proc/1")
    local, nested = (machine_of(parse_host(host)).command("true") for host in ("local", "nested"))
    assert local == ["sh", str(facts.SCRIPTS / "outside.sh"), *nested]


def test_without_a_tree_nothing_is_left() -> None:
    assert machine_of(parse_host("local")).command("true")[0] == "env"


def test_lint_and_test_have_their_programs_in_a_tree_of_their_own() -> None:
    needed = {*linters.PACKAGES, *project.for_functional(), *project.for_integration()}
    assert needed <= set(facts.packages(development=True))
    assert facts.tree_name(development=True) != facts.tree_name()


def test_the_named_mirror_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_MIRROR", "http://mirror.example/debian")
    monkeypatch.setattr("lab.images.mirror.shutil.which", lambda name: None)
    assert debian_mirror() == Mirror("http://mirror.example/debian")


@pytest.mark.parametrize(
    ("text", "state", "seen"),
    [
        ("tree=0123\ndebian=12.14\n", "ok", "the tools tree 0123, Debian 12.14"),
        ("checked=yes\n", "ok", "this machine's programs"),
        ("lacks=newuidmap is not installed\nhint=apk add it\nchecked=yes\n", "warn", "newuidmap is not installed"),
        ("lacks=no namespaces\nchecked=yes\n", "warn", "no namespaces"),
        ("", "warn", "not seen"),
    ],
)
def test_doctor_says_whose_programs_are_used(text: str, state: str, seen: str) -> None:
    found = CHECK.judge(text, wanted("nested"))
    assert found.state == state
    assert seen in found.seen
    assert state == "ok" or found.todo
