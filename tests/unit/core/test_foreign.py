"""Text from hosts, guests and files is printed as it is: rich finds no markup in it, a terminal no commands."""

import pytest
from rich.table import Table

from core.console import cells, console, result, say, show, step
from core.foreign import visible

HOSTILE = "removed [/guest] [/dev/vda1] [bold]x[/] \x1b]0;owned\x07 \x9b2J \x00 \u202eexe.txt \udc80"
SHOWN = "removed [/guest] [/dev/vda1] [bold]x[/] ␛]0;owned␇ <U+009B>2J ␀ <U+202E>exe.txt <U+DC80>"


def test_what_a_terminal_would_obey_is_made_visible() -> None:
    assert visible(HOSTILE) == SHOWN
    assert visible("a\tb\nc\r\x7f") == "a\tb\nc␍␡"
    assert visible("측정 é 日本") == "측정 é 日本"


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with console.capture() as printed:
        say(HOSTILE)
        say(HOSTILE, about=HOSTILE)
        with step(HOSTILE):
            pass
    assert printed.get().count(SHOWN) == 5


def test_results(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name", title=cells(HOSTILE)[0])
    table.add_row(*cells(HOSTILE))
    show(table, width=200)
    result(HOSTILE)
    assert capsys.readouterr().out.count(SHOWN) == 3
