"""The paper's languages: one set of templates, a catalog that lacks nothing, numbers that are the same in each."""

import re
import subprocess
from pathlib import Path

import pikepdf
import pytest

from core.errors import HvlabError
from report.i18n import translate
from report.i18n.translate import LANGUAGES
from report.render.paper import render
from tests.support.made_up import REFERENCE, readings_of

HANGUL = re.compile("[가-힣]")


def text_of(path: Path) -> str:
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
    return " ".join(text.split())


def test_every_number_of_tables_3_and_4_is_in_the_korean_paper(korean: Path) -> None:
    text, readings = text_of(korean), readings_of(REFERENCE)
    stages = {"booting": "부팅", "manager": "관리자"} | {f"vm-{n}": f"VM-{n}" for n in range(1, 5)}
    for stage, printed in stages.items():
        values = [
            found.mean
            for provider in ("xen", "kvm", "virtualbox")
            for metric in ("total", "paper_used", "paper_free")
            if (found := readings.estimate(provider, stage, "free", metric, "MiB"))
        ]
        assert len(values) == 9
        assert f"{printed} {' '.join(f'{value:.0f}' for value in values)}" in text
    assert "유휴(idle) 96.55 98.62 93.28" in text


def test_the_same_dataset_gives_the_same_bytes(korean: Path, tmp_path: Path) -> None:
    assert render(REFERENCE, tmp_path, "ko").read_bytes() == korean.read_bytes()


def test_the_pdf_says_its_language_and_has_its_letters(korean: Path) -> None:
    with pikepdf.open(korean) as pdf:
        assert pdf.Root.Lang == "ko"
        assert HANGUL.search(str(pdf.docinfo["/Title"]))
        fonts = [font for page in pdf.pages for font in page.resources.get("/Font", {}).values()]
        assert any("Beside" in str(font["/BaseFont"]) for font in fonts)
    # A glyph that no face has is U+FFFD in the extracted text, and a box on the page.
    assert "\N{REPLACEMENT CHARACTER}" not in text_of(korean)


def test_a_missing_font_is_told_before_there_are_boxes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare = translate.Language("ko", LANGUAGES["ko"].faces, tmp_path, "fonts-nanum")
    monkeypatch.setitem(LANGUAGES, "ko", bare)
    with pytest.raises(HvlabError, match=r"needs the font .*Nanum.*ttf") as caught:
        render(REFERENCE, tmp_path / "out", "ko")
    assert caught.value.hint == "apt-get install fonts-nanum"
    assert not (tmp_path / "out").exists()
