"""REPRODUCING.md: how to take a study again, with its own parameters and versions."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from report.data.studyinfo import Study

# The table of hvlab.toml that each group of parameters in study.json comes from (study/plan.py).
_TABLES = {"lab_host": "lab_host", "topology": "topology", "readings": "study", "settle": "settle"}
_OF_THE_MACHINE = {("lab_host", "ssh_port")}


def settings_lines(study: Study) -> list[str]:
    """Return the study's settings as environment variables, one `export` a line, in the order of study.json.

    What only this machine's port is, is left out: it changes no number.
    """
    return [f"export {name}={value}" for name, value in _variables(study.parameters.model_extra or {})]


def study_line(study: Study) -> str:
    """Return the command that takes the study: providers, repeats and the seed of their order."""
    extra = study.parameters.model_extra or {}
    words = [f"./invoke study.run --provider={','.join(study.parameters.providers)}"]
    words += [f"--{name}={extra[name]}" for name in ("repeats", "seed") if isinstance(extra.get(name), int)]
    precision = extra.get("precision_mib")
    return " ".join([*words, *([f"--precision={precision:g}MiB"] if isinstance(precision, float) else [])])


def _variables(extra: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for group, table in _TABLES.items():
        kept = extra.get(group)
        for name, value in kept.items() if isinstance(kept, dict) else ():
            if (group, name) not in _OF_THE_MACHINE and value is not None:
                yield f"HVLAB_{table.upper()}__{name.upper()}", _quoted(value)


def _quoted(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"'{text}'" if not text.replace(".", "").replace("-", "").isalnum() else text
