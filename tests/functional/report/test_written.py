"""The paper as a file: whole or not at all, tagged, the same bytes for the same study, with all of its numbers."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from core.paths import PROJECT
from dataset import load
from report.i18n.labels import printed_stage
from tests.functional.conftest import render_apart
from tests.support.made_up import REFERENCE


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary):
        yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_pdf_is_tagged_and_embedded(published: Path) -> None:
    """That nothing warns meanwhile is tested in test_gaps.py."""
    assert sorted(it.name for it in published.parent.iterdir()) == ["guidance.json", "paper.en.pdf"]
    with pikepdf.open(published) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.docinfo["/Title"]) == load(REFERENCE).study.title
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20110325000000")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        found = [it for it in elements(pdf.Root.StructTreeRoot.K) if it.get("/S") == "/Figure"]
        # The chart of the answer, the five figures of 2011, and the forest plot.
        assert len(found) == 7
        assert all(len(str(it.Alt)) > 50 for it in found)
        # Every page has something on it, and no font is left to the reader's machine.
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in f.DescendantFonts[0].FontDescriptor for f in fonts)
        assert all(len(page.Contents.read_bytes()) > 500 for page in pdf.pages)


def test_same_dataset_gives_same_bytes_in_another_process(made_up: Path, tmp_path: Path) -> None:
    render_apart(made_up, tmp_path, seed="2")
    assert (tmp_path / "paper.en.pdf").read_bytes() == (made_up / "report/paper.en.pdf").read_bytes()
    # Nothing of the machine is in it, not even in compressed streams.
    with pikepdf.open(tmp_path / "paper.en.pdf") as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                assert str(PROJECT).encode() not in thing.read_bytes()


@pytest.mark.parametrize("study", ["published", "made up"])
def test_every_number_of_tables_3_and_4_is_in_the_pdf(study: str, published: Path, made_up: Path) -> None:
    folder, path = (REFERENCE, published) if study == "published" else (made_up, made_up / "report" / "paper.en.pdf")
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
