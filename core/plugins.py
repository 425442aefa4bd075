"""Plug-in folders outside the project, which the environment variable HVLAB_PLUGINS names.

Each folder is laid out as the project is: PLUGINS/hypervisors/NAME/ is found beside the project's own
hypervisors/NAME/, PLUGINS/factors/NAME.py beside its own factors, PLUGINS/loads/NAME.py beside its own loads,
PLUGINS/study/meters/NAME.py beside its own meters, PLUGINS/vagrant/lib/hvlab/NAME/ beside what Vagrant needs for its
own hypervisors.
"""

import os
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "HVLAB_PLUGINS"


def search_path(own: Iterable[str], package: str) -> list[str]:
    """Return where the modules of a package of plug-ins are looked for.

    Args:
        own: The package's `__path__`.
        package: Its name, for example `study.meters`.
    """
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    outside = [Path(folder, *package.split(".")) for folder in named if folder]
    return [*own, *(str(folder.absolute()) for folder in outside if folder.is_dir())]
