"""The hypervisors' names, without importing them: `./invoke --list` shows them and must answer at once."""

import pkgutil
from pathlib import Path

import hypervisors

# The module of a hypervisor's folder that defines it.
MODULE = "hypervisor"


def hypervisor_names() -> list[str]:
    """Return the names of the hypervisors' folders, sorted; imports none of them."""
    return sorted(
        folder.name
        for folder in pkgutil.iter_modules(hypervisors.__path__)
        if folder.ispkg and any(Path(place, folder.name, f"{MODULE}.py").is_file() for place in hypervisors.__path__)
    )


def folder_of(name: str) -> Path:
    """Return the folder of a hypervisor's plug-in."""
    return next(Path(place, name) for place in hypervisors.__path__ if Path(place, name, f"{MODULE}.py").is_file())
