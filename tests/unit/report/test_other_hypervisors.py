"""A study with a hypervisor that the report has never heard of, beside the three first ones."""

import csv
import html as markup
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dataset import load
from dataset.descriptors import HypervisorInfo
from dataset.schema1 import upgrade
from report.figures.looks import PALETTE, looks_of
from report.figures.pictures import pictures_of
from report.recommendation.recommendation import advise
from report.recommendation.results import results
from report.recommendation.scenario import DEFAULT_SCENARIO
from tests.support.made_up import DESCRIBED, MakeStudy, readings_of
from tests.support.pages import page
from tests.unit.report.test_pictures import PNG, capture

TITLE = "Nova & Co"
METERS = {"xl-info": "nova-info", "xl-list": "nova-list", "xentop": "nova-top"}
TRAITS: dict[str, dict[str, str]] = {
    "host": {"host_name": "root", "host_memory": "host", "host_cpu": "host", "guest_memory": "at-start"},
    "machine": {"host_name": "host", "host_memory": "machine", "host_cpu": "machine", "guest_memory": "on-touch"},
}
LIKE = {"host": "xen", "machine": "kvm"}


def with_nova(folder: Path, kind: str) -> Path:
    """Add a hypervisor to a study, whose numbers are those of one of the first ones."""
    like = LIKE[kind]
    file = folder / "study.json"
    study: dict[str, Any] = upgrade(json.loads(file.read_text(encoding="utf-8")), file)
    nova = {
        "name": "nova",
        "title": TITLE,
        "image_folder": "/nova",
        "manager": "Nova Manager",
        "without_factors": {"ksm": "has no pages"},
        **TRAITS[kind],
    }
    study["hypervisors"].append(nova)
    study["meters"] += [{"name": name, "title": name.replace("-", " ")} for name in METERS.values()]
    copied = [{**it, "hypervisor": "nova"} for it in study["derived"] if it["hypervisor"] == like]
    study["derived"] += json.loads(renamed(json.dumps(copied)))
    study["parameters"]["providers"].append("nova")
    runs = [it for it in study["runs"] if it["provider"] == like]
    study["runs"] += [{**it, "provider": "nova", "name": it["name"].replace(like, "nova")} for it in runs]
    file.write_text(json.dumps(study), encoding="utf-8")
    with (folder / "measurements.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if row[0] == like]
    with (folder / "measurements.csv").open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([["nova", *(renamed(cell) for cell in row[1:])] for row in rows])
    return folder


def renamed(text: str) -> str:
    for old, new in METERS.items():
        text = text.replace(old, new)
    return text.replace("Domain-0", "Partition-0").replace("xen-", "nova-").replace("kvm-", "nova-")


def text_of(folder: Path, lang: str = "en") -> str:
    words = markup.unescape(re.sub(r"<[^>]+>", " ", page(folder, lang)))
    return re.sub(r" (?=[.,;:)])", "", " ".join(words.split()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


@pytest.fixture(params=sorted(TRAITS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_its_numbers_are_those_of_its_like(make_study: MakeStudy, kind: str) -> None:
    folder = with_nova(make_study(repeats=1), kind)
    dataset, readings = load(folder), readings_of(folder)
    found = results(dataset, readings)
    like = LIKE[kind]
    assert readings.providers == ("xen", "kvm", "virtualbox", "nova")
    assert found.costs["nova"].per_guest == found.costs[like].per_guest
    assert found.memory_in_use.cells["nova", "vm-4"] == found.memory_in_use.cells[like, "vm-4"]
    assert found.cpu.host_only == (("xen", "nova") if kind == "host" else ("xen",))
    assert found.cpu.guests.get("nova") == found.cpu.guests.get(like)
    advice = advise(readings, dataset.study, found, DEFAULT_SCENARIO)
    assert {it.provider for it in advice.decisions[0].options} == {"xen", "kvm", "virtualbox", "nova"}


def test_the_paper_in_english(make_study: MakeStudy, kind: str) -> None:
    text = text_of(with_nova(make_study(repeats=1), kind))
    assert f"that a hypervisor (Xen, KVM, VirtualBox and {TITLE}) takes of its host" in text
    assert f"Stage Xen KVM VirtualBox {TITLE} Total Used Free" in text
    assert f"Memory usage of Xen, KVM, VirtualBox and {TITLE}." in text
    assert text.count("not assessed") == 4
    sees_host_only = f"Under {TITLE} mpstat runs in root and sees only the virtual CPUs of root" in text
    assert sees_host_only == (kind == "host")
    assert ("By nova top the guests used 5.0 % of one CPU" in text) == (kind == "host")
    assert (f"{TITLE}: free paper_free + nova-info free_memory" in text) == (kind == "host")


def test_the_paper_in_korean(make_study: MakeStudy, kind: str) -> None:
    text = text_of(with_nova(make_study(repeats=1), kind), "ko")
    assert f"하이퍼바이저(Xen, KVM, VirtualBox, {TITLE})가" in text
    assert f"단계 Xen KVM VirtualBox {TITLE} 전체 사용 여유" in text
    assert text.count("평가하지 않음") == 4
    assert (f"{TITLE}에서 mpstat 은 root에서 실행되므로 root의 가상 CPU만" in text) == (kind == "host")


def test_a_study_of_it_alone(make_study: MakeStudy, kind: str) -> None:
    folder = with_nova(make_study(repeats=1), kind)
    file = folder / "study.json"
    study = json.loads(file.read_text(encoding="utf-8"))
    study["hypervisors"] = study["hypervisors"][-1:]
    study["derived"] = [it for it in study["derived"] if it["hypervisor"] == "nova"]
    study["parameters"]["providers"] = ["nova"]
    study["runs"] = [it for it in study["runs"] if it["provider"] == "nova"]
    file.write_text(json.dumps(study), encoding="utf-8")
    rows = (folder / "measurements.csv").read_text(encoding="utf-8").splitlines()
    (folder / "measurements.csv").write_text(
        "\n".join([rows[0], *(row for row in rows if row.startswith("nova,"))]) + "\n", encoding="utf-8"
    )
    text = text_of(folder)
    # The claims of 2011 are about hypervisors that this study does not have.
    for title in ("Xen", "KVM", "VirtualBox"):
        assert title not in text[: text.index("Replication of the 2011 study")]
    assert "not comparable: not read in this study" in text
    assert text_of(folder, "ko").count(TITLE) > 20


def test_pictures_beyond_those_of_2011_have_letters(make_study: MakeStudy) -> None:
    folder = with_nova(make_study(repeats=1), "machine")
    for provider in ("xen", "kvm", "virtualbox", "nova"):
        capture(folder, provider, "free", "Mem: 1", "free -m")
        path = folder / "runs" / f"{provider}-01" / "screens" / "manager.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(PNG)
        path.with_name("server1.png").write_bytes(PNG)
    found = pictures_of(load(folder), "vm-4")
    assert [it.number for it in found.free] == ["2", "3", "3a", "3b"]
    windows = [(it.number, it.hypervisor.name) for group in found.windows for it in group.figures]
    assert windows == [("4a", "xen"), ("4b", "kvm"), ("5", "virtualbox"), ("5a", "nova")]
    assert found.guests_number == "5b"


def test_a_hypervisor_without_a_colour_gets_one_that_no_other_has() -> None:
    nova, last = (HypervisorInfo(name=name, title=name, image_folder="/x") for name in ("nova", "last"))
    found = looks_of([nova, *DESCRIBED.hypervisors, last])
    assert list(found) == ["nova", "xen", "kvm", "virtualbox", "last"]
    assert {name: look.colour for name, look in found.items()} == {
        "nova": PALETTE[3], "xen": "#0072B2", "kvm": "#E69F00", "virtualbox": "#009E73", "last": PALETTE[4],
    }  # fmt: skip
    assert len({(look.hatch, look.marker, look.dashes) for look in found.values()}) == 5


def test_many_hypervisors_have_looks() -> None:
    found = looks_of([HypervisorInfo(name=f"h{n}", title=str(n), image_folder="/x") for n in range(20)])
    assert len(found) == 20
