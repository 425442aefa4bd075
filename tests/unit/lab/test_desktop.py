"""The lab host's X session and the manager in it: what is told of them, and why there is none."""

import json
from collections.abc import Mapping

import pytest

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.desktop.manager_window import last_words, look_command, open_manager, picture
from lab.desktop.windows import Window, read_look, require_alive
from lab.settings import Settings
from tests.support.answering import answering
from tests.support.errors import raises_code

TITLE = "Virtual Machine Manager"
MANAGER = get_hypervisor("kvm").manager
LOOK: Mapping[str, object] = {
    "screen": [1024, 768],
    "windows": [
        {"id": 5, "title": "xterm", "class": ["xterm", "XTerm"], "pid": 19, "place": [0, 0, 486, 349]},
        {"id": 9, "title": TITLE, "class": ["virt-manager", "Virt-manager"], "pid": 30, "place": [19, 14, 962, 633]},
    ],
    "wanted": 9,
    "answered_s": 0.012,
}


def told(**changes: object) -> str:
    return json.dumps({**LOOK, **changes})


def test_a_window_that_answers() -> None:
    window = require_alive(read_look(told()), TITLE)
    assert window == Window(id=9, title=TITLE, pid=30, place=(19, 14, 962, 633))
    assert require_alive(read_look(told()), TITLE, window) == window


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wanted": None}, "no window 'Virtual Machine Manager' .*; there are: xterm, Virtual"),
        ({"windows": []}, "there are: none"),
        ({"answered_s": None}, "does not answer"),
    ],
)
def test_a_window_that_is_not_alive(changes: dict[str, object], message: str) -> None:
    with pytest.raises(HvlabError, match=message):
        require_alive(read_look(told(**changes)), TITLE)


def test_a_manager_that_was_started_again_is_another() -> None:
    with raises_code("other-window"):
        require_alive(read_look(told()), TITLE, Window(id=9, title=TITLE, pid=31, place=(0, 0, 1, 1)))


@pytest.mark.parametrize("text", ["", "Traceback", "{}", '{"screen": [1], "windows": []}'])
def test_what_is_no_look_is_shown(text: str) -> None:
    with raises_code("unknown-output"):
        read_look(text)


def test_a_manager_is_opened_and_waited_for() -> None:
    lab_host = answering("labhost", stdout=told().encode() + b"\n")
    assert open_manager(lab_host, MANAGER, 100).pid == 30
    (asked,) = lab_host.asked
    assert b"virt-manager --no-fork --connect qemu:///system" in asked
    assert b"open 'Virtual Machine Manager' 100" in asked


def test_the_reason_why_it_does_not_come_up_is_told() -> None:
    with raises_code("command-failed", "virt-manager", "labhost", "it ended with status 1") as caught:
        open_manager(
            answering("labhost", 1, stderr=b"it ended with status 1; its last output: cannot open display\n"),
            MANAGER,
            100,
        )
    assert "study.manager = false" in caught.value.hint


def test_a_picture_that_cannot_be_had() -> None:
    with raises_code("no-picture", "virt-manager", "is covered by Question") as caught:
        picture(answering("labhost", 1, stderr=b"'Virtual Machine Manager' is covered by Question\n"), MANAGER)
    assert caught.value.hint
    with raises_code("blank-picture", "virt-manager", "2 x 1 pixels"):
        picture(answering("labhost", stdout=b"P6\n2 1\n255\n" + bytes(6)), MANAGER)


def test_the_last_words_of_a_manager() -> None:
    crash = b"Qt: cannot connect\nVirtualBox[453]: segfault at 0 ip 00007f\n"
    assert (
        last_words(answering("labhost", stdout=crash)) == "Qt: cannot connect; VirtualBox[453]: segfault at 0 ip 00007f"
    )
    assert last_words(answering("labhost", 1)) == "none"


def test_every_provider_has_a_manager_and_xens_guests_are_libvirts() -> None:
    for provider in all_hypervisors().values():
        assert provider.manager.title in look_command(provider.manager).replace("'\"'\"'", "'")
    assert "xen:///system" in get_hypervisor("xen").manager.command


def test_a_manager_needs_a_screen() -> None:
    assert Settings().study.manager
    with pytest.raises(ValueError, match=r"needs lab_host\.desktop = true"):
        Settings.model_validate({"lab_host": {"desktop": False}})
    assert not Settings.model_validate({"lab_host": {"desktop": False}, "study": {"manager": False}}).lab_host.desktop
