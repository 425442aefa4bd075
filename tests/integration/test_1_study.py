"""A whole study: what it leaves behind is complete, and every number leads to a capture."""

import hashlib
import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from core.paths import STUDIES
from dataset.captures import read_index
from dataset.measurements import read_measurements
from dataset.models import load_study
from hypervisors.registry import get_hypervisor
from lab.desktop.windows import read_look, require_alive
from study.measure.rederive import rederive

from .conftest import GUESTS as COUNT
from .conftest import Invoke

PROVIDERS = ("xen", "kvm", "virtualbox")
NUMBERS = range(1, COUNT + 1)
GUESTS = [f"server{number}" for number in NUMBERS]
LAST = f"vm-{COUNT}"
STAGES = ("booting", "manager", *(f"vm-{number}" for number in NUMBERS))
# How many guests there are at each.
RUNNING = (0, 0, *NUMBERS)
LISTS = {"xen": "virsh-xen-list", "kvm": "virsh-list", "virtualbox": "vboxmanage-runningvms"}


def captures(study: Path, provider: str, stage: str) -> Path:
    return study / "runs" / f"{provider}-01" / "captures" / stage


def test_it_is_finished_and_the_newest(study: Path) -> None:
    info = load_study(study)
    assert info.finished
    assert {run.status for run in info.runs} == {"finished"}
    assert (STUDIES / "latest").resolve() == study.resolve()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_memory_cpu_and_disk_were_read_at_every_stage(study: Path, provider: str) -> None:
    rows = [row for row in read_measurements(study) if row.provider == provider]
    for meter, metric in (("free", "paper_used"), ("meminfo", "MemFree"), ("mpstat", "idle"), ("disk", "allocated")):
        found = {row.stage: row for row in rows if (row.meter, row.metric) == (meter, metric)}
        assert set(found) == set(STAGES), (meter, metric)
        assert all((study / row.capture).is_file() for row in found.values())
        assert [found[stage].guests for stage in STAGES] == list(RUNNING)


def test_every_number_can_be_read_again_from_its_capture(study: Path) -> None:
    assert rederive(study) == []


def test_the_study_is_whole(study: Path, invoke: Invoke) -> None:
    done = invoke("study.check", f"--study={study.name}")
    assert done.returncode == 0, done.stdout
    assert invoke("study.check").stdout == f"study {study.name} is valid\n"


def test_a_changed_byte_is_found(study: Path, aside: list[Path], invoke: Invoke) -> None:
    copy = STUDIES / f"{study.name}-changed"
    shutil.copytree(study, copy)
    aside.append(copy)
    victim = copy / "runs/kvm-01/captures/vm-1/free.txt"
    text = bytearray(victim.read_bytes())
    text[-2] ^= 1
    victim.write_bytes(text)
    done = invoke("study.check", f"--study={copy.name}")
    assert done.returncode == 1
    assert "runs/kvm-01/captures/vm-1/free.txt: changed since it was taken" in done.stdout


def test_every_capture_is_the_one_that_was_taken(study: Path) -> None:
    indexes = list(study.glob("runs/*/captures/*/index.json"))
    assert len(indexes) == len(PROVIDERS) * len(STAGES)
    for index in indexes:
        for name, entry in read_index(index).items():
            assert hashlib.sha256((index.parent / name).read_bytes()).hexdigest() == entry.sha256


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_hypervisor_itself_lists_the_guests(study: Path, provider: str) -> None:
    for count, stage in zip(RUNNING, STAGES, strict=True):
        text = (captures(study, provider, stage) / f"{LISTS[provider]}.txt").read_text()
        assert sorted(get_hypervisor(provider).guest_list.parse(text)) == GUESTS[:count]


@pytest.mark.parametrize(
    ("provider", "says"), [("xen", "xen"), ("kvm", "kvm"), ("virtualbox", "kvm|virtualbox|oracle")]
)
def test_the_guest_sees_its_hypervisor(study: Path, provider: str, says: str) -> None:
    text = (captures(study, provider, LAST) / "guest-hypervisor.txt").read_text().lower()
    assert any(word in text for word in says.split("|")), text
    total = int((captures(study, provider, LAST) / "guest-free.txt").read_text().split("Mem:")[1].split()[0])
    assert 400 <= total <= 512


@pytest.mark.parametrize("provider", PROVIDERS)
def test_root_is_logged_in_under_x(study: Path, provider: str) -> None:
    for stage in STAGES[2:]:
        folder = captures(study, provider, stage)
        assert re.search(r"^root +tty7 ", (folder / "guest-who.txt").read_text(), re.MULTILINE)
        rows = [line.split(maxsplit=4) for line in (folder / "guest-ps.txt").read_text().splitlines()]
        mine = [(Path(args.split()[0]).name, tty) for user, tty, _pid, _rss, args in rows if user == "root"]
        assert {("Xorg", "tty7"), ("blackbox", "tty7"), ("xterm", "tty7"), ("-bash", "pts/0")} <= set(mine), mine


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_guests_screen_shows_its_session(study: Path, provider: str) -> None:
    for guest in GUESTS:
        with Image.open(study / "runs" / f"{provider}-01" / "screens" / f"{guest}.png") as picture:
            assert picture.size == (800, 600)
            shades = [count for count in picture.convert("L").histogram() if count]
        # The terminal is white, and it is the largest window; beside it are the window manager's desk and bar.
        assert len(shades) > 8
        assert 0.1 < shades[-1] / (800 * 600) < 0.6


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_manager_is_open_and_shows_the_guests(study: Path, provider: str, tmp_path: Path) -> None:
    manager = get_hypervisor(provider).manager
    for stage in STAGES[1:]:
        look = read_look((captures(study, provider, stage) / "manager-window.txt").read_text())
        window = require_alive(look, manager.title)
    with Image.open(study / "runs" / f"{provider}-01" / "screens" / "manager.png") as image:
        assert image.size == window.place[2:]
        assert len(image.convert("L").getcolors() or ()) > 32
        # Small letters are read better when they are large, and what is on a coloured ground in black and white.
        large = image.convert("L").resize((3 * image.width, 3 * image.height))
    texts = [read_words(large, tmp_path), read_words(large.point(lambda shade: 255 * (shade > 100)), tmp_path)]
    assert any(manager.title in text for text in texts)
    assert [guest for guest in GUESTS if not any(guest in text for text in texts)] == [], texts
    assert max(text.count("Running") for text in texts) == len(GUESTS), texts


def read_words(picture: Image.Image, folder: Path) -> str:
    """Return what can be read on a picture."""
    file = folder / "picture.png"
    picture.save(file)
    words = ["tesseract", str(file), "-", "--psm", "11"]
    # A bold 1 is read as an l.
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.replace("serverl", "server1")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_terminal_picture_shows_what_was_read(study: Path, provider: str) -> None:
    for stage in STAGES:
        picture = (study / "runs" / f"{provider}-01" / "screens" / f"free-{stage}.svg").read_text()
        words = " ".join(re.findall(r">([^<]+)</text>", picture)).replace("&#160;", " ").split()
        read = (captures(study, provider, stage) / "free.txt").read_text().split("\n\n", 1)[0]
        assert words[-len(read.split()) :] == read.split()


def test_xen_speaks_for_itself(study: Path) -> None:
    assert "(XEN)" in (captures(study, "xen", "booting") / "xl-dmesg.txt").read_text()
    free = {
        row.stage: row.value
        for row in read_measurements(study)
        if (row.provider, row.meter, row.metric) == ("xen", "xl-info", "free_memory")
    }
    # A paravirtual guest takes all of its memory at once.
    assert 512 <= free["vm-1"] - free["vm-2"] <= 530


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_guest_costs_memory(study: Path, provider: str) -> None:
    """The machine has less free memory with every guest, by something between a kernel and all of its 512 MiB."""
    rows = read_measurements(study)
    meter, metric = ("xl-info", "free_memory") if provider == "xen" else ("free", "paper_free")
    free = {r.stage: r.value for r in rows if (r.provider, r.meter, r.metric) == (provider, meter, metric)}
    steps = [free[before] - free[after] for before, after in itertools.pairwise(STAGES[1:])]
    assert all(30 < step < 700 for step in steps), steps


def test_what_it_was_made_with_is_told(study: Path) -> None:
    info = json.loads((study / "study.json").read_text())
    assert {"xen", "qemu", "libvirt", "virtualbox", "kernel"} <= set(info["environment"]["versions"])
    assert {row["mount"] for row in info["environment"]["partitions"]} == {"/", "swap", "/xen", "/kvm", "/vbox"}
    assert info["environment"]["accelerator"] in {"tcg", "kvm"}
    assert len(info["environment"]["hardware"]) == 6


def test_the_paper_shows_the_numbers(study: Path) -> None:
    pdf = study / "report" / "paper.en.pdf"
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    rows = read_measurements(study)
    for provider in PROVIDERS:
        (idle,) = (
            row.value
            for row in rows
            if (row.provider, row.stage, row.meter, row.metric) == (provider, LAST, "mpstat", "idle")
        )
        assert f"{idle:.2f}" in text
