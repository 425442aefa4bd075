"""REPRODUCING.md: how to take a study again, with its own parameters and versions."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from dataset.models import StudyInfo

# The table of hvlab.toml that each group of parameters in study.json comes from (study/plan.py).
_TABLES = {"lab_host": "lab_host", "topology": "topology", "readings": "study", "settle": "settle"}
_OF_THE_MACHINE = {("lab_host", "ssh_port")}


def settings_lines(study: StudyInfo) -> list[str]:
    """Return the study's settings as environment variables, one `export` a line, in the order of study.json.

    What only this machine's port is, is left out: it changes no number.
    """
    return [f"export {name}={value}" for name, value in _variables(study.parameters.as_dict())]


def study_line(study: StudyInfo) -> str:
    """Return the command that takes the study: providers, repeats and the seed of their order."""
    kept = study.parameters
    words = [f"./invoke study.run --provider={','.join(kept.providers)}"]
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
                yield f"HVLAB_{table.upper()}__{name.upper()}", _quoted(value)


def _quoted(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"'{text}'" if not text.replace(".", "").replace("-", "").isalnum() else text
