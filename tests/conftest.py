"""What holds for all tests."""

from hypothesis import settings

# How long an example takes depends on what else the machine does; a test is not to fail for that.
settings.register_profile("hvlab", deadline=None)
settings.load_profile("hvlab")
