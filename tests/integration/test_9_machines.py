"""hvlab on machines that have nothing but what README names, as root and as an ordinary user, in the tools tree.

`./invoke test --machines` runs it, as root. Of the environment: HVLAB_MACHINES, the rows with commas between, e.g.
"trixie-user" (default: all); HVLAB_MACHINES_STUDY=1: a study of one guest under KVM, too, for which each row builds its
images; HVLAB_MACHINES_CACHE: a cache with a tools tree that is copied to the machines instead of building it there,
which the one without apt and dpkg needs.
"""

import os

import pytest

from .machine_roots import PLAIN, RECIPES, USER, TestMachine, new_machine, tree_in

pytestmark = pytest.mark.machines

ROWS = [f"{name}-{who}" for name in RECIPES for who in ("root", "user")]
# From nothing: the tree is built, and the Python packages are installed.
LIMIT_S = 3600
STUDY_S = 6 * 3600
CACHE = os.environ.get("HVLAB_MACHINES_CACHE", "")


@pytest.fixture(scope="module", params=(os.environ.get("HVLAB_MACHINES") or ",".join(ROWS)).split(","))
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TestMachine:
    """The machine of a row."""
    name, _, who = request.param.partition("-")
    if name == PLAIN and not CACHE:
        pytest.skip("without mmdebstrap the tree comes from another machine: HVLAB_MACHINES_CACHE")
    user = USER if who == "user" else "root"
    return new_machine(name, user, tmp_path_factory.mktemp(request.param), tree_in(CACHE))


def test_doctor_finds_nothing_wrong(machine: TestMachine) -> None:
    done = machine.invoke("doctor", timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout
    assert "the tools tree" in done.stdout


def test_the_paper_of_2011_is_written_and_all_files_are_the_users(machine: TestMachine) -> None:
    done = machine.invoke("report.pdf", "--study=paper-2011", timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout
    pdf = machine.root / done.stdout.strip().splitlines()[-1].lstrip("/")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert machine.owners() == {0 if machine.user == "root" else 1000}


@pytest.mark.skipif("HVLAB_MACHINES_STUDY" not in os.environ, reason="HVLAB_MACHINES_STUDY=1 runs it")
def test_a_study_of_one_guest(machine: TestMachine) -> None:
    small = {"HVLAB_TOPOLOGY__GUESTS": "1", "HVLAB_TOPOLOGY__SESSION": "text"}
    done = machine.invoke("study.run", "--provider=kvm", timeout=STUDY_S, **small)
    assert done.returncode == 0, done.stdout
    assert machine.invoke("study.check", timeout=LIMIT_S).returncode == 0
