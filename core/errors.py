"""Errors that a person reads: one line that says what, where, and what to do; and a code that tests read."""

from typing import ClassVar


class HvlabError(Exception):
    """Something the kit cannot go on from.

    Args:
        message: What is wrong and where, one line, no full stop needed.
        hint: What the reader can do about it, one line.
        code: Which error it is, in lower case with hyphens. It stays when the message changes and is never printed.
            Without it, that of the class.
    """

    CODE: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.CODE

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message
