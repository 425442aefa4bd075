"""The paper as a file: whole or not at all, tagged, the same bytes for the same study, with all of its numbers."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from core.errors import HvlabError
from dataset import load
from report.i18n.labels import printed_stage
from report.render import paper
from tests.unit.report.conftest import REFERENCE, ROOT, MakeStudy


def test_other_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HvlabError) as caught:
        paper.render(REFERENCE, tmp_path, "xx")
    assert caught.value.hint == "use en or ko"
    assert list(tmp_path.iterdir()) == []


def test_failed_write_leaves_the_old_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "paper.en.pdf"
    old.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paper, "_pdf", lambda _page: b"new")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HvlabError, match="No space left on device"):
        paper.render(REFERENCE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["paper.en.pdf"]
    assert old.read_bytes() == b"old"


def test_missing_library_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pango(_name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'\nlong story")

    monkeypatch.setattr("importlib.import_module", no_pango)
    with pytest.raises(HvlabError, match=r"libpango-1\.0-0") as caught:
        paper.render(REFERENCE, tmp_path)
    assert "apt-get install" in caught.value.hint


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary):
        yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_pdf_is_tagged_and_embedded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        path = paper.render(REFERENCE, tmp_path / "report")
    assert caplog.messages == []
    assert path == tmp_path / "report" / "paper.en.pdf"
    assert sorted(it.name for it in path.parent.iterdir()) == ["guidance.json", "paper.en.pdf"]
    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.docinfo["/Title"]) == load(REFERENCE).study.title
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20110325000000")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        found = [it for it in elements(pdf.Root.StructTreeRoot.K) if it.get("/S") == "/Figure"]
        assert len(found) == 5
        assert all(len(str(it.Alt)) > 50 for it in found)
        # Every page has something on it, and no font is left to the reader's machine.
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in f.DescendantFonts[0].FontDescriptor for f in fonts)
        assert all(len(page.Contents.read_bytes()) > 500 for page in pdf.pages)


def test_same_dataset_gives_same_bytes_in_another_process(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study(providers=("xen", "kvm"), guests=2)
    code = (
        "import sys, pathlib; from report.render.paper import render;"
        "render(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    papers = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        env = os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}", "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code, str(study), str(out)], check=True, env=env)
        papers.append((out / "paper.en.pdf").read_bytes())
    assert papers[0] == papers[1]
    # Nothing of the machine is in it, not even in compressed streams.
    with pikepdf.open(tmp_path / "1" / "paper.en.pdf") as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                assert str(ROOT).encode() not in thing.read_bytes()


def test_figure_texts_fit_the_reference(tmp_path: Path) -> None:
    """The dataset that ships is in the form that the report reads, also after a round trip of its JSON."""
    info = json.loads((REFERENCE / "study.json").read_text(encoding="utf-8"))
    (tmp_path / "study.json").write_text(json.dumps(info), encoding="utf-8")
    (tmp_path / "measurements.csv").write_bytes((REFERENCE / "measurements.csv").read_bytes())
    assert load(tmp_path).study == load(REFERENCE).study


def test_every_number_of_tables_3_and_4_is_in_the_pdf(make_study: MakeStudy, tmp_path: Path) -> None:
    for folder in (REFERENCE, make_study()):
        path = paper.render(folder, tmp_path)
        words = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
        rows = load(folder).measurements
        means = rows.groupby(["provider", "stage", "metric"])["value"].mean()
        for stage in ("booting", "manager", "vm-1", "vm-2", "vm-3", "vm-4"):
            numbers = [
                means[provider, stage, metric]
                for provider in ("xen", "kvm", "virtualbox")
                for metric in ("total", "paper_used", "paper_free")
            ]
            printed = next(line for line in words.splitlines() if line.split()[:1] == [printed_stage(stage)])
            assert [float(word) for word in printed.split()[1:]] == pytest.approx(numbers, abs=0.05)
        idle = [means[provider, "vm-4", "idle"] for provider in ("xen", "kvm", "virtualbox")]
        printed = next(line for line in words.splitlines() if line.split()[:1] == ["idle"])
        assert [float(word) for word in printed.split()[1:]] == pytest.approx(idle, abs=0.005)
