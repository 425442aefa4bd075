"""Settings come from the file, the environment goes before it, and what is wrong is named."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from core.paths import SETTINGS
from lab.settings import Settings, load_settings
from tests.support.errors import raises_code


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
        ("lab_host = 5\n", "lab_host: "),
        ("[topology]\nboot_timeout_s = inf\n", "topology.boot_timeout_s: Input should be a finite number"),
        ("[topology]\nguests = 0\n", "topology.guests"),
        ('[study]\nproviders = ["qemu"]\n', "study.providers"),
        ("[study]\nrepeats = 0\n", "study.repeats"),
        ('[study]\nrepeats = "3"\n', "study.repeats: a number is needed, not the text '3'"),
        ('[settle]\nmemory_spread_mib = "1e3"\n', "settle.memory_spread_mib: a number is needed"),
        ('[study]\nmanager = "no"\n', "study.manager: true or false is needed"),
        ('[topology]\nsession = "gnome"\n', "topology.session"),
        ("[topology]\nmemory_load_mib = -1\n", "topology.memory_load_mib"),
        ("[topology]\nmemory_load_mib = 600\n", "memory_load_mib 600 does not fit: a guest of 512 MiB can hold 384"),
    ],
)
@pytest.mark.parametrize("environ", [{}, {"HVLAB_LAB_HOST__SSH_PORT": "2700"}])
def test_wrong_settings_are_named(text: str, says: str, environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "hvlab.toml"
    file.write_text(text)
    with pytest.raises(HvlabError, match=says) as refusal:
        load_settings(file, environ)
    assert "hvlab.toml" in refusal.value.hint


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "hvlab.toml"
    file.write_bytes(b"\xff = 1\n")
    with raises_code("bad-setting", "byte 0xff"):
        load_settings(file, {})


def test_what_comes_from_the_environment_is_told_so() -> None:
    with raises_code("bad-setting", "topology.guests") as refusal:
        load_settings(SETTINGS, {"HVLAB_TOPOLOGY__GUESTS": "many"})
    assert refusal.value.hint.startswith("it comes from HVLAB_TOPOLOGY__GUESTS in the environment")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("HVLAB_TOPOLGY__GUESTS", "2"),
        ("HVLAB_TOPOLOGY__GEUSTS", "2"),
        ("HVLAB_STUDY__PROVIDERS", '["kvm", "qemu"]'),
        ("HVLAB_STUDY__PROVIDERS", "[]"),
        ("HVLAB_STUDY__PROVIDERS", '["kvm", "kvm"]'),
        ("HVLAB_TOPOLOGY__GUESTS", "true"),
        ("HVLAB_SETTLE__GIVE_UP_S", "true"),
        ("HVLAB_TOPOLOGY__GUESTS", "9" * 5000),
        ("HVLAB_TOPOLOGY__GUESTS", "[" * 5000 + "]" * 5000),
        ("HVLAB_FACTORS__NONE", "1"),
        ("HVLAB_HYPERVISORS__XEN__DOM0_MEMORY_MIB", "true"),
    ],
)
def test_what_is_wrong_in_the_environment_is_not_blamed_on_the_file(variable: str, text: str) -> None:
    with raises_code("bad-setting", f"it comes from {variable} in the environment") as refusal:
        load_settings(SETTINGS, {variable: text})
    assert "hvlab.toml" not in refusal.value.message


@pytest.mark.parametrize("name", ["HVLAB_TOPOLOGY_GUESTS", "HVLAB_STUDY_REPEATS", "hvlab_lab_host_ssh_port"])
def test_one_underscore_is_not_ignored(name: str) -> None:
    with raises_code("bad-setting", name, "two underscores"):
        load_settings(SETTINGS, {name: "2"})


@pytest.mark.parametrize("name", ["HVLAB_TOPOLOGY", "HVLAB_LAB_HOST", "HVLAB_LAB_PORT", "HVLAB_STATE"])
def test_other_variables_are_none_of_the_settings(name: str) -> None:
    assert load_settings(SETTINGS, {name: "/x"}) == Settings()


@pytest.mark.parametrize("text", ["[topology]\nguests = true\n", "x = " + "[" * 5000, f"x = {'9' * 5000}\n"])
def test_a_file_that_python_reads_too_kindly_or_not_at_all(text: str, tmp_path: Path) -> None:
    (tmp_path / "hvlab.toml").write_text(text)
    with raises_code("bad-setting"):
        load_settings(tmp_path / "hvlab.toml", {})


def test_a_load_fits_beside_the_guests_system() -> None:
    settings = load_settings(SETTINGS, {"HVLAB_TOPOLOGY__MEMORY_LOAD_MIB": "384"})
    assert settings.topology.memory_load_mib == 384
    more = {"HVLAB_TOPOLOGY__MEMORY_LOAD_MIB": "900", "HVLAB_TOPOLOGY__MEMORY_MIB": "1028"}
    assert load_settings(SETTINGS, more).topology.memory_load_mib == 900


def test_missing_file(tmp_path: Path) -> None:
    with raises_code("bad-setting", "hvlab.toml"):
        load_settings(tmp_path / "hvlab.toml", {})


@pytest.mark.parametrize("text", ["3\n[topology]", "3\nother = 1", '"3"', "007"])
def test_a_variable_that_holds_more_than_a_number_is_no_number(text: str) -> None:
    with raises_code("bad-setting", "topology.guests"):
        load_settings(SETTINGS, {"HVLAB_TOPOLOGY__GUESTS": text})
