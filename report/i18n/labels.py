"""Names in print of a study's stages, in the paper's language."""

from dataset.labels import stage_label
from report.i18n.translate import gettext


def printed_stage(stage: str) -> str:
    """Return a stage's name as the 2011 study prints it: Booting, Manager, VM-1."""
    return gettext(stage_label(stage))
