"""Commands in this process."""

from tests.support.commands import call

__all__ = ["call"]
