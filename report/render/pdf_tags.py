"""What WeasyPrint's tags lack, added just before the file is written.

WeasyPrint 70 gives header cells no scope, and marks running heads and page numbers as content of elements that are not
in the structure tree: neither content nor artifact (ISO 14289-1, 7.1 and 7.5; 7.8 has them as artifacts). Links are not
marked as printed.
"""

from collections.abc import Iterator
from typing import Any

_PRINTED = 4
"""The annotation flag "print": what is a link on the screen is none the less there on paper."""
_ARTIFACT = b"<</Type /Pagination>>"


def complete_tags(_document: object, pdf: Any) -> None:
    """Complete the tags of a PDF that is about to be written.

    Args:
        _document: WeasyPrint's document, which the call has to take.
        pdf: The `pydyf.PDF`, with its structure tree; changed in place.
    """
    _give_scopes(pdf)
    _make_artifacts(pdf)
    for link in (it for it in pdf.objects if isinstance(it, dict) and it.get("Subtype") == "/Link"):
        link["F"] = _PRINTED


def _give_scopes(pdf: Any) -> None:
    for cell in (it for it in pdf.objects if isinstance(it, dict) and it.get("S") == "/TH"):
        row = _at(pdf, cell["P"])
        cell["A"]["Scope"] = "/Column" if _at(pdf, row["P"])["S"] == "/THead" else "/Row"


def _make_artifacts(pdf: Any) -> None:
    in_tree = set(_numbers_in_tree(pdf))
    root = _at(pdf, pdf.catalog["StructTreeRoot"])
    owners = _at(pdf, root["ParentTree"])["Nums"]
    # The numbers of pages come first, each with the elements that own its marked content, by the content's number.
    for place, page in enumerate(pdf.page_references):
        of_page = owners[2 * place + 1]
        outside = {mark for mark, owner in enumerate(of_page) if _number(owner) not in in_tree}
        for mark in outside:
            of_page[mark] = "null"
        _unmark(_at(pdf, _at(pdf, page)["Contents"]).stream, outside)


def _unmark(operations: list[Any], marks: set[int]) -> None:
    for place, operator in enumerate(operations):
        if operator == b"BDC" and operations[place - 1].get("MCID") in marks:
            operations[place - 2 : place] = ["/Artifact", _ARTIFACT]


def _numbers_in_tree(pdf: Any) -> Iterator[int]:
    left = [_number(pdf.catalog["StructTreeRoot"])]
    while left:
        number = left.pop()
        yield number
        # A plain number among the kids is marked content.
        left += [_number(kid) for kid in pdf.objects[number].get("K", ()) if isinstance(kid, bytes)]


def _at(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[_number(reference)]


def _number(reference: bytes) -> int:
    return int(reference.split()[0])
