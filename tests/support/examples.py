"""How many examples a property is tried on: a tenth of them, and all with `./invoke test --whole`."""

import os

from hypothesis import settings

WHOLE = "HVLAB_TEST_WHOLE" in os.environ


def examples(whole: int) -> settings:
    """Return settings for a property that is worth `whole` examples."""
    return settings(max_examples=whole if WHOLE else whole // 10)
