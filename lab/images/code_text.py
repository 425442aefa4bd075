"""A Python file's code, as text that is the same under each version of Python.

The output of `ast.dump` differs between versions of Python; a key of the cache must not.
"""

import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# What a file does not do: its comments, its line breaks within brackets, what it is encoded in.
_UNHEEDED = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")


@dataclass(frozen=True)
class _Token:
    """A token: its kind, and its text where that says more than the kind."""

    kind: str
    text: str = ""


def normalised(source: bytes) -> bytes:
    """Return Python code without its layout, comments and docstrings, one token a line.

    A comma after the last of several things in brackets counts as layout, too.

    Args:
        source: The code; it can be parsed.
    """
    tokens: list[_Token] = []
    for line in _logical_lines(_tokens(source)):
        tokens += _without_last_commas(line)
    return "\n".join(f"{token.kind} {token.text}" for token in tokens).encode()


def _tokens(source: bytes) -> Iterator[_Token]:
    """Yield the tokens; a string with replacement fields is one, as it was before Python 3.12."""
    lines = io.StringIO(source.decode()).readlines()
    depth, begin = 0, (0, 0)
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            begin = begin if depth else token.start
            depth += 1
        elif kind.endswith("STRING_END"):
            depth -= 1
            if not depth:
                yield _Token("STRING", _between(lines, begin, token.end))
        elif not depth and token.type not in _UNHEEDED:
            layout = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
            yield _Token(kind, "" if layout else token.string)


def _between(lines: list[str], begin: tuple[int, int], end: tuple[int, int]) -> str:
    """Return the text between two places, (line from 1, column)."""
    part = lines[begin[0] - 1 : end[0]]
    part[-1] = part[-1][: end[1]]
    part[0] = part[0][begin[1] :]
    return "".join(part)


def _logical_lines(tokens: Iterable[_Token]) -> Iterator[list[_Token]]:
    """Yield statements, with the indentation before them; what is only text, such as a docstring, does nothing."""
    line: list[_Token] = []
    for token in tokens:
        line.append(token)
        if token.kind == "NEWLINE":
            said = [it for it in line if it.kind not in ("INDENT", "DEDENT", "NEWLINE")]
            if said and all(_is_text(it) for it in said):
                line = [it for it in line if it.kind in ("INDENT", "DEDENT")]
            yield line
            line = []
    yield line


def _is_text(token: _Token) -> bool:
    """Return whether a token is a string without replacement fields, which might do something."""
    prefix = token.text.partition('"')[0].partition("'")[0].lower()
    return token.kind == "STRING" and not set(prefix) & set("ft")


def _without_last_commas(line: list[_Token]) -> list[_Token]:
    """Drop the comma before a closing bracket, where that makes no difference: there is another, and no lambda's."""
    kept: list[_Token] = []
    # Of each open bracket: how many commas it has, and whether one may be a lambda's.
    open_: list[tuple[int, bool]] = [(0, False)]
    for token in line:
        commas, unclear = open_[-1]
        if token.text in _OPEN:
            open_.append((0, False))
        elif token.text in _CLOSE and len(open_) > 1:
            if kept[-1].text == "," and commas > 1 and not unclear:
                kept.pop()
            open_.pop()
        else:
            open_[-1] = (commas + (token.text == ","), unclear or token.text == "lambda")
        kept.append(token)
    return kept
