"""What is done with windows, on a real X server with a real window manager."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stamina

from lab.desktop.windows import Look, read_look, require_alive

TOOL = Path(__file__).resolve().parents[3] / "lab" / "desktop" / "agent.py"
# The system's, which has python3-xlib, as on the lab host.
PYTHON = "/usr/bin/python3"


class Screen:
    """A virtual screen and what was started on it."""

    def __init__(self, display: str) -> None:
        self.environment = {**os.environ, "DISPLAY": display}
        self.environment.pop("PYTHONPATH", None)
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> None:
        self.started.append(subprocess.Popen(words, env=self.environment, start_new_session=True))

    def tool(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([PYTHON, TOOL, *words], env=self.environment, capture_output=True, check=False)

    def look(self, title: str) -> Look:
        return read_look(self.tool("look", title).stdout.decode())


@contextmanager
def started(size: str) -> Iterator[Screen]:
    """Lend a screen with a window manager and a terminal, whose window has the title "terminal"."""
    there, said = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-displayfd", str(said)],
        pass_fds=[said],
        stderr=subprocess.DEVNULL,
    )
    os.close(said)
    with os.fdopen(there) as number:
        found = Screen(f":{number.readline().strip()}")
    try:
        found.start("blackbox")
        # Black on white, and something on it: a blank picture would show nothing.
        found.start("xterm", "-T", "terminal", "-e", "echo what the terminal says; exec sleep 600")
        assert found.tool("wait", "terminal", "30").returncode == 0
        yield found
    finally:
        for process in [*found.started, server]:
            process.terminate()
            process.wait(10)


@pytest.fixture
def screen() -> Iterator[Screen]:
    with started("1024x768") as found:
        yield found


def test_a_window_is_seen_and_pictured_with_its_frame(screen: Screen) -> None:
    look = screen.look("terminal")
    assert look.screen == (1024, 768)
    assert look.window is not None
    assert look.window.pid == screen.started[1].pid
    # It gives the window its size, for which the window manager takes its time.
    screen.tool("picture", "terminal")
    for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=30, wait_max=0.5):
        with attempt:
            sized = screen.look("terminal").window
            assert sized
            assert sized.place[2] >= 960  # xterm takes whole letters only
    done = screen.tool("picture", "terminal")
    assert done.returncode == 0, done.stderr
    head, size, depth, pixels = done.stdout.split(b"\n", 3)
    width, height = (int(part) for part in size.split())
    assert (head, depth) == (b"P6", b"255")
    assert len(pixels) == 3 * width * height
    assert len({pixels[at : at + 3] for at in range(0, len(pixels), 3)}) > 1
    place = screen.look("terminal").window
    assert place is not None
    assert (width, height) == place.place[2:]


def test_a_window_that_is_covered_is_not_pictured() -> None:
    """On a smaller screen the window manager's bar lies on it."""
    with started("800x600") as small:
        until = time.monotonic() + 15
        # The bar comes up beside the terminal.
        while (done := small.tool("picture", "terminal")).returncode == 0 and time.monotonic() < until:
            pass
    assert done.returncode == 1
    assert done.stderr == b"'terminal' is covered by a window without title\n"


def test_no_such_window_is_told_with_those_that_are(screen: Screen) -> None:
    done = screen.tool("wait", "Virtual Machine Manager", "1")
    assert done.returncode == 1
    assert b"no window 'Virtual Machine Manager' within 1 s; there are: terminal" in done.stderr
    assert screen.look("Virtual Machine Manager").window is None


def test_a_program_that_does_not_answer_pings_is_not_alive(screen: Screen) -> None:
    """xterm takes no part in _NET_WM_PING."""
    look = screen.look("terminal")
    assert look.wanted is not None
    assert look.answered_s is None


def test_a_program_that_ends_is_told_with_its_last_words(screen: Screen, tmp_path: Path) -> None:
    log = tmp_path / "log"
    done = screen.tool("open", "manager", "20", str(log), "sh", "-c", "echo cannot open the hypervisor; exit 3")
    assert done.returncode == 1
    assert b"it ended with status 3; its last output: cannot open the hypervisor" in done.stderr


ANSWERING = """
import sys
from Xlib import X, display
screen = display.Display()
window = screen.screen().root.create_window(5, 5, 300, 200, 0, X.CopyFromParent, background_pixel=0xffffff)
protocols, ping = screen.intern_atom("WM_PROTOCOLS"), screen.intern_atom("_NET_WM_PING")
window.set_wm_name("manager")
window.set_wm_protocols([ping])
window.map()
while True:
    event = screen.next_event()
    if event.type == X.ClientMessage and event.client_type == protocols:
        event.window = screen.screen().root
        screen.screen().root.send_event(event, event_mask=X.SubstructureNotifyMask | X.SubstructureRedirectMask)
        screen.flush()
"""


def test_a_manager_that_answers_is_opened_and_stays_the_same(screen: Screen, tmp_path: Path) -> None:
    program = tmp_path / "manager.py"
    program.write_text(ANSWERING)
    done = screen.tool("open", "manager", "30", str(tmp_path / "log"), PYTHON, str(program))
    assert done.returncode == 0, done.stderr
    window = require_alive(read_look(done.stdout.decode()), "manager")
    assert window.place[2] >= 960
    assert require_alive(screen.look("manager"), "manager", window).id == window.id


def test_without_a_screen_the_tool_says_so() -> None:
    environment = {**os.environ, "DISPLAY": ":4711"}
    done = subprocess.run([PYTHON, TOOL, "look", "x"], env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("no X screen:")
