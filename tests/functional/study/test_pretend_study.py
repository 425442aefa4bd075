"""A study under the three hypervisors and one that is a plug-in, through hvlab's own code against scripted tools."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.measurements import read_measurements
from dataset.models import StudyInfo, load_study
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, make_tools, take
from tests.plugged import FOLDER, PRETEND, plugged_in

PROVIDERS = ("xen", "kvm", "virtualbox", "pretend")
GUESTS = 2
# What the hypervisors' own tools print, with the guests that "run" from the lab's file; "$FAKE/kernel" is the lab's.
TOOLS = {
    "xl": """\
guests=$(cat "$FAKE/guests"); set -- "$1" $guests
case $1 in
info) echo "total_memory           : 4095"; echo "free_memory            : $((3000 - 512 * ($# - 1)))"
    echo "xen_commandline        : console=com1 dom0_mem=1024M,max:1024M";;
list) printf 'Name                                        ID   Mem VCPUs\\tState\\tTime(s)\\n'
    printf 'Domain-0                                     0  1024     2     r-----     100.0\\n'; shift; n=0
    for guest in "$@"; do n=$((n+1)); printf '%-40s %6d   512     1     -b----      20.0\\n' "$guest" $n; done;;
dmesg) echo "(XEN) Xen version 4.20";;
qemu-monitor-command) exit 1;;
esac
""",
    "xentop": """\
for i in 1 2; do
    echo '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS'
    for name in Domain-0 $(cat "$FAKE/guests"); do
        printf '%10s -----r 100 2.5 524288 12.5 524288 12.5 1 1 0 0 1\\n' $name
    done
done
""",
    "VBoxManage": """\
case "$*" in
"list runningvms") for g in $(cat "$FAKE/guests"); do echo "\\"$g\\" {dd83c2a7-ff02-4e86-9221-d88b078080e9}"; done;;
"list --long hdds") for g in $(cat "$FAKE/guests"); do
    printf 'UUID:           e15b98ae-0309-422b-8d0f-5780d9c876bd\\nParent UUID:    base\\n'
    printf 'Format variant: dynamic default\\n'
    printf 'In use by VMs:  %s (UUID: dd83c2a7-ff02-4e86-9221-d88b078080e9)\\n\\n' "$g"
    done;;
*) exit 1;;
esac
""",
}


@pytest.fixture(scope="module", autouse=True)
def plugins() -> Iterator[None]:
    with plugged_in(FOLDER):
        yield


@pytest.fixture(scope="module")
def study(plugins: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the study; the guests have no screens, since only two of the tools could show one."""
    folder = tmp_path_factory.mktemp("pretend")
    settings = fake_settings(GUESTS)
    topology = settings.topology.model_copy(update={"session": "text"})
    lab = FakeLab(folder / "state", settings.model_copy(update={"topology": topology}))
    make_tools(lab.state / "tools", TOOLS | {"pretendctl": (PRETEND / "tools/pretendctl").read_text()})
    return take(folder / "studies", lab, Plan(PROVIDERS, 1, 7))


def test_it_is_whole(study: Path) -> None:
    assert check(study) == []


def test_study_json_describes_the_plug_in(study: Path) -> None:
    info: StudyInfo = load_study(study)
    assert [each.name for each in info.hypervisors] == list(PROVIDERS)
    own = info.hypervisor("pretend")
    assert (own.title, own.colour, own.image_folder) == ("Pretend", "#CC79A7", "/pretend")
    assert {run.provider: run.status for run in info.runs} == dict.fromkeys(PROVIDERS, "finished")


def test_the_plug_ins_meter_and_evidence_are_in_the_dataset(study: Path) -> None:
    rows = {
        (row.provider, row.stage, row.metric): row.value
        for row in read_measurements(study)
        if row.meter == "pretend-stat"
    }
    assert rows == {
        ("pretend", stage, metric): value
        for guests, stage in enumerate(("booting", "vm-1", "vm-2"))
        for metric, value in (("total", 4096), ("free", 2000 - 200 * guests))
    }
    captures = study / "runs/pretend-01/captures/vm-2"
    assert (captures / "pretend-list.txt").read_text() == "GUESTS\nserver1\nserver2\n"
    assert (captures / "pretend-log.txt").read_text() == "pretend: started\n"
