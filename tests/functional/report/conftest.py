"""Papers as files, with what other programs see in them."""

from tests.support.made_up import make_study

__all__ = ["make_study"]
