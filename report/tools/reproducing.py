"""REPRODUCING.md: how to take a study again, with its own parameters and versions."""

import json
import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from core.errors import HvlabError
from core.shell import quote
from dataset.models import StudyInfo

# The table of hvlab.toml that each group of parameters in study.json comes from (study/plan.py).
_TABLES = {"lab_host": "lab_host", "topology": "topology", "readings": "study", "settle": "settle", "images": "images"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_THE_MACHINE = {("lab_host", "ssh_port")}


def settings_lines(study: StudyInfo) -> list[str]:
    """Return the study's settings as environment variables, one `export` a line, in the order of study.json.

    What only this machine's port is, is left out: it changes no number.
    """
    return [f"export {name}={value}" for name, value in _variables(study.parameters.as_dict())]


def study_line(study: StudyInfo) -> str:
    """Return the command that takes the study: providers, repeats and the seed of their order."""
    kept = study.parameters
    words = [f"./invoke study.run --provider={quote(','.join(kept.providers))}"]
    words += [
        f"--{name}={value}" for name, value in (("repeats", kept.repeats), ("seed", kept.seed)) if value is not None
    ]
    words += [] if kept.precision_mib is None else [f"--precision={kept.precision_mib:g}MiB"]
    return " ".join(words)


def _variables(parameters: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for group, table in _TABLES.items():
        kept = parameters.get(group)
        for name, value in kept.items() if isinstance(kept, dict) else ():
            if (group, name) not in _OF_THE_MACHINE and value is not None:
                yield _variable(table, name), _quoted(value)


def _variable(table: str, name: str) -> str:
    """Return the environment variable of a parameter.

    Raises:
        HvlabError: The study's name for it cannot be a variable's: a shell would run what it says.
    """
    if not _NAME.fullmatch(name):
        raise HvlabError(
            f"study.json: {name!r} is no name of a parameter", "do not trust this study", code="bad-parameter"
        )
    return f"HVLAB_{table.upper()}__{name.upper()}"


def _quoted(value: JsonValue) -> str:
    return quote(value if isinstance(value, str) else json.dumps(value))
