"""Names in print of what a study does not name itself: its stages. English; `report` translates them."""

from dataset.stages import BOOTING, MANAGER, parse_stage

STAGE_LABELS = {BOOTING: "Booting", MANAGER: "Manager"}
"""Labels of the stages without guests: messages that a translation needs."""


def stage_label(name: str) -> str:
    """Return a stage's label as the 2011 study prints it: `Booting`, `Manager`, `VM-1`.

    Raises:
        HvlabError: There is no such stage.
    """
    return STAGE_LABELS.get(parse_stage(name).name, name.upper())
