"""ro-crate-metadata.json and REPRODUCING.md."""

import hashlib
import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.paths import PROJECT
from dataset import load
from lab.settings import load_settings
from report.tools.reproducing import settings_lines, study_line
from report.tools.ro_crate import write_crate
from tests.support.errors import raises_code
from tests.support.made_up import edited

REFERENCE = PROJECT / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]
SETTINGS = {
    "lab_host": {"memory_mib": 8192, "ssh_port": 2700, "cpu_model": "Opteron_G3,+svm"},
    "topology": {"guests": 3, "os": "debian-12"},
    "readings": {"free_count": 7},
    "settle": {"window_s": 9.5},
}


def test_every_file_is_told_with_its_digest(make_study: MakeStudy) -> None:
    folder = make_study()
    (folder / "report").mkdir()
    (folder / "report" / "paper.en.pdf").write_bytes(b"made from it")
    paths = write_crate(folder, folder)
    first = [path.read_bytes() for path in paths]
    graph = {it["@id"]: it for it in json.loads(first[1])["@graph"]}
    assert {it["@id"] for it in graph["./"]["hasPart"]} == {"study.json", "measurements.csv", "REPRODUCING.md"}
    for name in ("study.json", "measurements.csv", "REPRODUCING.md"):
        content = (folder / name).read_bytes()
        assert graph[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert graph[name]["contentSize"] == str(len(content))
    assert graph["./"]["datePublished"].startswith("2026-11-22T23:30:00")
    # Written again, now with both files there: the same.
    assert [path.read_bytes() for path in write_crate(folder, folder)] == first


def test_the_settings_can_be_set_again(make_study: MakeStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_study()
    with edited(folder) as info:
        info["parameters"] |= SETTINGS | {"seed": 17}
    study = load(folder).study
    lines = settings_lines(study)
    assert "export HVLAB_LAB_HOST__CPU_MODEL=Opteron_G3,+svm" in lines
    assert not any("SSH_PORT" in line for line in lines)
    assert study_line(study) == "./invoke study.run --provider=xen,kvm,virtualbox --repeats=2 --seed=17"
    for line in lines:
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value.strip("'"))
    found = load_settings(PROJECT / "hvlab.toml")
    assert (found.lab_host.memory_mib, found.lab_host.cpu_model) == (8192, "Opteron_G3,+svm")
    assert (found.topology.guests, found.study.free_count, found.settle.window_s) == (3, 7, 9.5)


@pytest.mark.parametrize("value", ["$(touch hacked)", "it's; touch hacked", "a\ntouch hacked", "`touch hacked`"])
def test_a_shell_runs_nothing_of_what_a_study_says(make_study: MakeStudy, value: str) -> None:
    folder = make_study()
    with edited(folder) as info:
        info["parameters"] |= {"lab_host": {"cpu_model": value}, "topology": {"os": value}}
    lines = settings_lines(load(folder).study)
    assert [shlex.split(line) for line in lines] == [
        ["export", f"HVLAB_LAB_HOST__CPU_MODEL={value}"],
        ["export", f"HVLAB_TOPOLOGY__OS={value}"],
    ]
    with edited(folder) as info:
        info["parameters"] |= {"lab_host": {f"x=1;{value}": 1}}
    with raises_code("bad-parameter"):
        settings_lines(load(folder).study)


def test_a_published_study_says_that_it_cannot_be_taken_again(tmp_path: Path) -> None:
    copy = tmp_path / "paper-2011"
    shutil.copytree(REFERENCE, copy)
    reproducing, metadata = write_crate(copy, tmp_path / "out")
    assert "cannot be read again by this kit" in reproducing.read_text(encoding="utf-8")
    graph = {it["@id"]: it for it in json.loads(metadata.read_text(encoding="utf-8"))["@graph"]}
    assert "published/memory.csv" in graph
    assert not (copy / "REPRODUCING.md").exists()
