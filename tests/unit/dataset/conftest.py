"""The made-up studies of the report's tests serve here, too."""

from tests.unit.report.conftest import make_study

__all__ = ["make_study"]
