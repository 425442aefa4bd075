"""Settings come from the file, the environment goes before it, and what is wrong is named."""

from pathlib import Path

import pytest

from lab.errors import HvlabError
from lab.paths import SETTINGS
from lab.settings import Settings, load_settings


def test_the_projects_own_file_says_the_defaults() -> None:
    assert load_settings(SETTINGS, {}) == Settings()


def test_environment_goes_first() -> None:
    environ = {"HVLAB_LAB_HOST__SSH_PORT": "2700", "HVLAB_STUDY__PROVIDERS": '["kvm"]', "HVLAB_TOPOLOGY__OS": "other"}
    settings = load_settings(SETTINGS, environ)
    assert settings.lab_host.ssh_port == 2700
    assert settings.study.providers == ("kvm",)
    assert settings.topology.os == "other"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lab_host\n", "not valid TOML"),
        ("[lab_host]\nmemory = 4\n", "lab_host.memory"),
        ("[topology]\nguests = 0\n", "topology.guests"),
        ('[study]\nproviders = ["qemu"]\n', "study.providers"),
        ("[study]\nrepeats = 0\n", "study.repeats"),
    ],
)
def test_wrong_settings_are_named(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "hvlab.toml"
    file.write_text(text)
    with pytest.raises(HvlabError, match=says):
        load_settings(file, {})


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match=r"hvlab\.toml"):
        load_settings(tmp_path / "hvlab.toml", {})
