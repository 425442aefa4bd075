"""One start of Vagrant for everything that can be asked of it within a process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.functional.vagrant.tools import PROVIDERS, TOPOLOGY, VAGRANT, FakeCommand, require, run
from tests.support.shared import once

ABSENT = {"domstate": (1, "", "error: failed to get domain 'server1'\n"), "--version": (0, "7.2.22r1\n", "")}
VERSIONS = ("7.0.20r163906", "7.1.4r165100", "7.2.22_Debianr175245", "9.9.1r1")
LACKS = (("box",), ("network", "name"), ("disk_strategy",), ("guests", "2", "mac"), ("lab_host", "ssh_config"))


@dataclass(frozen=True)
class Probed:
    """What Vagrant answered: to each question an `answer` or an `error`; and which programs it called here."""

    answers: dict[str, dict[str, Any]]
    calls: list[list[str]]


def _without(*keys: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(TOPOLOGY.read_text())
    at: Any = values
    for key in keys[:-1]:
        at = at[int(key)] if isinstance(at, list) else at[key]
    del at[keys[-1]]
    return values


def _ask(folder: Path) -> None:
    require("vagrant")
    # Each stand-in in a folder of its own: what was asked here, and what through ssh, is told apart.
    here = FakeCommand.create(folder / "here", "virsh", ABSENT)
    (here.folder / "VBoxManage").symlink_to("virsh")
    far = FakeCommand.create(folder / "far", "ssh", ABSENT)
    on_this_machine = json.loads(TOPOLOGY.read_text()) | {"lab_host": None, "boot": None}
    (folder / "here.json").write_text(json.dumps(on_this_machine))
    says = str(here.folder / "answers.json")
    questions: list[dict[str, str]] = [
        {"name": f"driver {version}", "ask": "driver", "version": version, "says": says} for version in VERSIONS
    ]
    # Before a topology with a lab host elsewhere puts the kit's own VBoxManage into PATH.
    for provider in PROVIDERS:
        about = {"provider": provider, "notes": str(folder / f"notes-{provider}")}
        questions.append(
            {"name": f"here {provider}", "ask": "validate", "topology": str(folder / "here.json"), **about}
        )
    for provider in PROVIDERS:
        about = {"provider": provider, "notes": str(folder / f"notes-{provider}")}
        questions.append({"name": f"states {provider}", "ask": "states", "topology": str(TOPOLOGY), **about})
    for keys in LACKS:
        name = "lacks " + ".".join(keys)
        (folder / f"{name}.json").write_text(json.dumps(_without(*keys)))
        about = {"provider": "xen", "notes": str(folder / "notes")}
        questions.append({"name": name, "ask": "states", "topology": str(folder / f"{name}.json"), **about})
    (folder / "questions.json").write_text(json.dumps(questions))
    environment = {
        "HVLAB_PROBE": str(folder / "questions.json"),
        "HVLAB_VAGRANT": str(VAGRANT),
        "VAGRANT_CWD": str(Path(__file__).with_name("probe")),
        "VAGRANT_DOTFILE_PATH": str(folder / "notes"),
        "VAGRANT_HOME": str(folder / "home"),
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        "VAGRANT_NO_COLOR": "1",
    }
    path = Path(f"{here.folder}:{far.folder}")
    done = run(["vagrant", "probe"], environment, path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "answers.jsonl").write_text(done.stdout)


@pytest.fixture(scope="session")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Probed:
    """What one start of Vagrant answers to all questions."""
    folder = once(tmp_path_factory, "vagrant-probe", _ask)
    told = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines() if line.startswith("{")]
    return Probed({each.pop("name"): each for each in told}, FakeCommand(folder / "here").calls)
