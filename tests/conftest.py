"""What holds for all tests."""

from hypothesis import settings

from tests.support.examples import WHOLE

# How long an example takes depends on what else the machine does; a test is not to fail for that.
settings.register_profile("hvlab", deadline=None, max_examples=300 if WHOLE else 30)
settings.load_profile("hvlab")
