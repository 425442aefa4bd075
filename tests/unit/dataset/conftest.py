"""The made-up studies of the report's tests serve here, too."""

from tests.support.made_up import make_study

__all__ = ["make_study"]
