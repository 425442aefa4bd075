"""What a table would show had it been read: named, never left out and never zero."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Missing:
    """The gaps of a table of rows by hypervisors.

    Attributes:
        everything: Nothing of the table was read.
        providers: Hypervisors with no row at all.
        rows: Rows that none of the other hypervisors has.
        cells: Single (provider, row) gaps beyond those.
    """

    everything: bool
    providers: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.everything or self.providers or self.rows or self.cells)


def find_missing(providers: Sequence[str], present: Collection[tuple[str, str]], rows: Sequence[str]) -> Missing:
    """Name the gaps of a table.

    Args:
        providers: The study's hypervisors, in print order.
        present: The (provider, row) cells that were read.
        rows: All rows of the table, in order.

    Returns:
        The gaps, each named once, at the coarsest level.
    """
    read = [name for name in providers if any((name, row) in present for row in rows)]
    empty_rows = tuple(row for row in rows if not any((name, row) in present for name in read))
    return Missing(
        everything=not read,
        providers=tuple(name for name in providers if name not in read),
        rows=empty_rows if read else (),
        cells=tuple(
            (name, row) for name in read for row in rows if row not in empty_rows and (name, row) not in present
        ),
    )
