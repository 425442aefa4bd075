"""Errors that a person reads: one line that says what, where, and what to do."""


class HvlabError(Exception):
    """Something the kit cannot go on from.

    Args:
        message: What is wrong and where, one line, no full stop needed.
        hint: What the reader can do about it, one line.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message
