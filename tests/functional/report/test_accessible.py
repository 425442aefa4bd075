"""The papers are PDF/UA-1: a validator says so, and what it lets pass is checked beside it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import page as validator
import pikepdf
import pytest

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]

_SHOWS = {"Tj", "TJ", "'", '"', "Do", "sh", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "EI"}


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """Walk the structure tree, parents first."""
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        if "/K" in node:
            yield from elements(node["/K"])


def problems(path: Path) -> list[str]:
    """List what is wrong with a PDF's structure, one line each; none if it is right."""
    with pikepdf.open(path) as pdf:
        tree = list(elements(pdf.Root.StructTreeRoot.K))
        found = [f"encrypted: {path.name}"] if pdf.is_encrypted else []
        checks: tuple[Callable[[pikepdf.Pdf, list[pikepdf.Dictionary]], Iterator[str]], ...]
        checks = (_content, _headers, _headings, _lists, _figures, _links, _fonts)
        return found + [line for check in checks for line in check(pdf, tree)]


def _content(pdf: pikepdf.Pdf, tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    """All that a page shows is an artifact or belongs to an element that can be reached from the root."""
    owned = {(it.Pg.objgen, kid) for it in tree if "/K" in it for kid in _marks(it.K)}
    for number, page in enumerate(pdf.pages, 1):
        open_marks: list[bool] = []
        for instruction in pikepdf.parse_content_stream(page):
            name, operands = str(instruction.operator), list(instruction.operands)
            if name == "BMC":
                open_marks.append(str(operands[0]) == "/Artifact")
            elif name == "BDC":
                mark = int(str(operands[1].get("/MCID", -1)))
                open_marks.append(str(operands[0]) == "/Artifact" or (page.obj.objgen, mark) in owned)
            elif name == "EMC":
                open_marks.pop()
            elif name in _SHOWS and not any(open_marks):
                yield f"page {number}: {name} is neither an artifact nor in the tree"


def _marks(kids: pikepdf.Object) -> list[int]:
    return [int(kid) for kid in (kids if isinstance(kids, pikepdf.Array) else [kids]) if isinstance(kid, int)]


def _headers(_pdf: pikepdf.Pdf, tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    for table in (it for it in tree if it.S == "/Table"):
        cells = [it for it in elements(table.K) if it.S == "/TH"]
        if not cells:
            yield "a table has no header cell"
        for cell in cells:
            if str(cell.A.get("/Scope")) not in ("/Row", "/Column", "/Both"):
                yield "a header cell has no scope"


def _headings(_pdf: pikepdf.Pdf, tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    level = 0
    for heading in (str(it.S) for it in tree if str(it.S)[:2] == "/H" and str(it.S)[2:].isdigit()):
        if int(heading[2:]) > level + 1:
            yield f"{heading[1:]} follows H{level}"
        level = int(heading[2:])


def _lists(_pdf: pikepdf.Pdf, tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    allowed = {"/L": {"/LI", "/L", "/Caption"}, "/LI": {"/Lbl", "/LBody"}}
    for it in tree:
        for kid in it.get("/K", []) if str(it.S) in allowed else []:
            if str(kid.get("/S")) not in allowed[str(it.S)]:
                yield f"{it.S} holds {kid.get('/S')}"


def _figures(_pdf: pikepdf.Pdf, tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    for figure in (it for it in tree if it.S == "/Figure"):
        if not str(figure.get("/Alt", "")).strip():
            yield "a figure has no alternative text"


def _links(pdf: pikepdf.Pdf, tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    held = {kid.Obj.objgen for it in tree if it.S == "/Link" for kid in it.K if _is_reference(kid)}
    for number, page in enumerate(pdf.pages, 1):
        links = list(page.get("/Annots", []))
        if links and page.get("/Tabs") != "/S":
            yield f"page {number}: links are not reached in the order of the structure"
        for link in links:
            if link.objgen not in held:
                yield f"page {number}: a link is in no element"
            if not str(link.get("/Contents", "")).strip():
                yield f"page {number}: a link does not say what it is"


def _is_reference(kid: pikepdf.Object) -> bool:
    return isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR"


def _fonts(pdf: pikepdf.Pdf, _tree: list[pikepdf.Dictionary]) -> Iterator[str]:
    for page in pdf.pages:
        for font in page.Resources.Font.values():
            file = {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.DescendantFonts[0].FontDescriptor.keys())
            if not file:
                yield f"{font.BaseFont} is not embedded"
            if "/ToUnicode" not in font:
                yield f"{font.BaseFont} does not lead back to characters"


def broken_rules(path: Path) -> set[str]:
    return {failure.rule_id for failure in validator.validate_pdf(path, profile="ua1").failures}


def test_the_published_study_is_pdf_ua(published: Path) -> None:
    assert broken_rules(published) == set()
    assert problems(published) == []


def test_a_study_with_all_its_tables_is_pdf_ua(made_up: Path) -> None:
    path = made_up / "report" / "paper.en.pdf"
    assert broken_rules(path) == set()
    assert problems(path) == []


def test_every_character_can_be_read_back(published: Path) -> None:
    text = subprocess.run(["pdftotext", published, "-"], check=True, capture_output=True, text=True).stdout
    assert "Xen" in text
    # U+FFFD: no character known; the private area: a glyph that stands for none.
    assert not [letter for letter in text if letter == "\ufffd" or "\ue000" <= letter <= "\uf8ff"]


def _first(pdf: pikepdf.Pdf, kind: str) -> pikepdf.Dictionary:
    found: pikepdf.Dictionary = next(it for it in elements(pdf.Root.StructTreeRoot.K) if kind == it.S)
    return found


def _link(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return next(link for page in pdf.pages for link in page.get("/Annots", []))


def _without_title(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as metadata:
        del metadata["dc:title"]


def _without_identifier(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as metadata:
        del metadata["pdfuaid:part"]


def _unembed(pdf: pikepdf.Pdf) -> None:
    del next(iter(pdf.pages[0].Resources.Font.values())).DescendantFonts[0].FontDescriptor.FontFile2


def _unmark(pdf: pikepdf.Pdf) -> None:
    marked = [it for it in pikepdf.parse_content_stream(pdf.pages[0]) if str(it.operator) not in ("BDC", "BMC", "EMC")]
    pdf.pages[0].Contents = pdf.make_stream(pikepdf.unparse_content_stream(marked))


PLANTED: dict[str, Callable[[pikepdf.Pdf], object]] = {
    "not marked": lambda pdf: pdf.Root.MarkInfo.__setitem__("/Marked", False),
    "no language": lambda pdf: pdf.Root.__delitem__("/Lang"),
    "title not shown": lambda pdf: pdf.Root.ViewerPreferences.__setitem__("/DisplayDocTitle", False),
    "no title": _without_title,
    "no identifier": _without_identifier,
    "no tree": lambda pdf: pdf.Root.__delitem__("/StructTreeRoot"),
    "figure without text": lambda pdf: _first(pdf, "/Figure").__delitem__("/Alt"),
    "heading skips": lambda pdf: _first(pdf, "/H2").__setitem__("/S", pikepdf.Name.H4),
    "list without items": lambda pdf: _first(pdf, "/LI").__setitem__("/S", pikepdf.Name.P),
    "row outside a table": lambda pdf: _first(pdf, "/Table").__setitem__("/S", pikepdf.Name.Div),
    # Only a page with annotations needs one.
    "tab order": lambda pdf: next(page for page in pdf.pages if "/Annots" in page).obj.__delitem__("/Tabs"),
    "silent link": lambda pdf: _link(pdf).__delitem__("/Contents"),
    "link in no element": lambda pdf: _link(pdf).__delitem__("/StructParent"),
    "unmarked content": _unmark,
    "font of the reader's": _unembed,
    "no characters": lambda pdf: next(iter(pdf.pages[0].Resources.Font.values())).__delitem__("/ToUnicode"),
}


@pytest.mark.parametrize("defect", PLANTED)
def test_the_validator_finds_what_is_planted(published: Path, tmp_path: Path, defect: str) -> None:
    with pikepdf.open(published) as pdf:
        PLANTED[defect](pdf)
        pdf.save(tmp_path / "broken.pdf")
    assert broken_rules(tmp_path / "broken.pdf")


UNSEEN: dict[str, tuple[Callable[[pikepdf.Pdf], object], str]] = {
    "header cell without scope": (lambda pdf: _first(pdf, "/TH").A.__delitem__("/Scope"), "no scope"),
    "table without headers": (
        lambda pdf: [
            it.__setitem__("/S", pikepdf.Name.TD) for it in elements(_first(pdf, "/Table").K) if it.S == "/TH"
        ],
        "no header cell",
    ),
    "content that the tree does not reach": (
        lambda pdf: pdf.Root.StructTreeRoot.K[0].K.__delitem__(0),
        "neither an artifact nor in the tree",
    ),
    "unmarked content": (_unmark, "neither an artifact nor in the tree"),
}


@pytest.mark.parametrize("defect", UNSEEN)
def test_what_the_validator_lets_pass_is_found_beside_it(published: Path, tmp_path: Path, defect: str) -> None:
    plant, said = UNSEEN[defect]
    with pikepdf.open(published) as pdf:
        plant(pdf)
        pdf.save(tmp_path / "broken.pdf")
    assert any(said in line for line in problems(tmp_path / "broken.pdf"))
