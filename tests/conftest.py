"""What holds for all tests."""

import os

from hypothesis import settings

# How long an example takes depends on what else the machine does; a test is not to fail for that.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("whole", deadline=None, max_examples=300)
settings.load_profile("whole" if "HVLAB_TEST_WHOLE" in os.environ else "quick")
