"""Acts on the windows of an X screen; run on the lab host, by its own Python, with python3-xlib.

    on_host.py wait TITLE SECONDS             waits until such a window is on the screen
    on_host.py open TITLE SECONDS LOG WORD... starts a program in the background, waits until its window is on the
                                              screen and answers a ping, and moves the window to its place
    on_host.py look TITLE                     lists the windows on the screen, and whether that window answers a ping
    on_host.py picture TITLE                  writes a picture of the window and its frame (PPM)

TITLE is a part of the window's title. `wait`, `open` and `look` print JSON (`lab.desktop.windows` reads it). Errors are
a line on standard error and exit status 1.
"""

import json
import select
import subprocess
import sys
import time
from pathlib import Path

from Xlib import X, Xatom, display, error, protocol

# Of every manager, so that their pictures can be compared; width and height of the window without its frame, pixels.
PLACE = {"x": 20, "y": 30, "width": 960, "height": 600}
_ANSWER_S = 60  # a program is busy for long when it starts under emulation
_ALIKE = 10  # pictures at most, until two in a row are equal; with a manager that redraws itself none may be


class AgentError(Exception):
    """An error that is printed as one line."""


class Screen:
    """The X screen that DISPLAY names."""

    def __init__(self):
        try:
            self.display = display.Display()
        except (error.DisplayError, OSError) as reason:
            raise AgentError(f"no X screen: {reason}") from reason
        self.root = self.display.screen().root
        # Programs answer pings to the root window: GTK's as EWMH requires, Qt's (6.11) with StructureNotifyMask.
        self.root.change_attributes(event_mask=X.SubstructureNotifyMask | X.StructureNotifyMask)
        # A window may be closed before it is queried; the query itself raises an error then.
        self.display.set_error_handler(lambda *_: None)

    def atom(self, name):
        """Return the atom of a name."""
        return self.display.intern_atom(name)

    def _property(self, window, name, kind):
        found = window.get_full_property(self.atom(name), kind)
        return None if found is None else found.value

    def title(self, window):
        """Return a window's title; the window manager's convention first, then the older one."""
        text = self._property(window, "_NET_WM_NAME", self.atom("UTF8_STRING"))
        if text is None:
            text = self._property(window, "WM_NAME", Xatom.STRING)
        return text.decode(errors="replace") if isinstance(text, bytes) else text or ""

    def _client(self, window):
        """Return the program's window in a frame of the window manager's, None if it has none (ICCCM 4.1.3.1)."""
        if self._property(window, "WM_STATE", X.AnyPropertyType) is not None:
            return window
        for child in window.query_tree().children:
            if found := self._client(child):
                return found
        return None

    def frames(self):
        """List (frame, program's window or None) of all that is on the screen, the lowest first."""
        found = []
        for window in self.root.query_tree().children:
            try:
                if window.get_attributes().map_state == X.IsViewable:
                    found.append((window, self._client(window)))
            except error.XError:
                continue  # it was closed meanwhile
        return found

    def describe(self, frame, client):
        """Describe a window: number, title, class, process, and the place of its frame."""
        place = frame.get_geometry()
        about = client or frame
        pid = self._property(about, "_NET_WM_PID", Xatom.CARDINAL)
        return {
            "id": about.id,
            "title": self.title(about),
            "class": list(about.get_wm_class() or ()),
            "pid": int(pid[0]) if pid else None,
            "place": [place.x, place.y, place.width + 2 * place.border_width, place.height + 2 * place.border_width],
        }

    def find(self, title):
        """Return (frame, program's window) of the highest window with such a title, None if there is none."""
        for frame, client in reversed(self.frames()):
            try:
                if client is not None and title in self.title(client):
                    return frame, client
            except error.XError:
                continue
        return None

    def ping(self, client, seconds):
        """Ping a window's program (_NET_WM_PING); return the seconds until its answer, None without an answer."""
        ping, protocols = self.atom("_NET_WM_PING"), self.atom("WM_PROTOCOLS")
        if ping not in list(client.get_wm_protocols()):
            return None
        began = time.monotonic()
        stamp = int(began * 1000) & 0xFFFFFFFF
        ask = protocol.event.ClientMessage(
            window=client, client_type=protocols, data=(32, [ping, stamp, client.id, 0, 0])
        )
        client.send_event(ask)
        while self.next_event(began + seconds - time.monotonic()) is not None:
            event = self.event
            if event.type == X.ClientMessage and event.client_type == protocols:
                answer = list(event.data[1])
                if answer[:3] == [ping, stamp, client.id]:
                    return round(time.monotonic() - began, 3)
        return None

    def next_event(self, seconds):
        """Wait at most `seconds` for the next event; return it (also as `event`), None if there was none."""
        self.display.flush()
        until = time.monotonic() + seconds
        while not self.display.pending_events():
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.display.fileno()], [], [], left)[0]:
                return None
        self.event = self.display.next_event()
        return self.event

    def look(self, title):
        """Describe the windows on the screen, the lowest first, and ping the one with such a title."""
        screen = self.display.screen()
        windows = []
        for frame, client in self.frames():
            try:
                windows.append(self.describe(frame, client))
            except error.XError:
                continue
        found = self.find(title)
        answered = self.ping(found[1], _ANSWER_S) if found else None
        return {
            "screen": [screen.width_in_pixels, screen.height_in_pixels],
            "windows": windows,
            "wanted": found[1].id if found else None,
            "answered_s": answered,
        }

    def wait(self, title, seconds, answers=False, process=None):
        """Wait until a window with such a title exists, and, with `answers`, until its program answers a ping.

        A change of the screen is noticed at once; the end of `process`, within a second.
        """
        until = time.monotonic() + seconds
        while True:
            found = self.find(title)
            if found and not (answers and self.ping(found[1], max(until - time.monotonic(), 1)) is None):
                return
            # With status 0 it may have handed over to another process.
            if process is not None and process.poll():
                raise AgentError(f"it ended with status {process.returncode}")
            if time.monotonic() > until:
                shown = [self.title(client) for _, client in self.frames() if client]
                wanted = f"no window {title!r}{' that answers' if answers else ''}"
                raise AgentError(f"{wanted} within {seconds:.0f} s; there are: {', '.join(shown) or 'none'}")
            self.next_event(1)

    def put(self, title):
        """Move a window to its size and place, above all others."""
        _, client = self.find(title) or self._lost(title)
        client.configure(**PLACE, stack_mode=X.Above)
        self.ping(client, _ANSWER_S)
        self.root.warp_pointer(self.root.get_geometry().width - 1, self.root.get_geometry().height - 1)
        self.display.sync()

    def _lost(self, title):
        raise AgentError(f"no window {title!r} is on the screen")

    def _above(self, frame):
        """List the titles of the windows that cover a window."""
        frames = self.frames()
        at = [each.id for each, _ in frames].index(frame.id)
        x, y, width, height = self.describe(frame, None)["place"]
        found = []
        for other, client in frames[at + 1 :]:
            left, top, across, down = self.describe(other, client)["place"]
            if left < x + width and x < left + across and top < y + height and y < top + down:
                found.append(self.title(client or other) or "a window without title")
        return found

    def picture(self, title):
        """Return a picture of a window with its frame, PPM; the pointer is in the screen's corner."""
        self.put(title)
        frame, client = self.find(title) or self._lost(title)
        if above := self._above(frame):
            raise AgentError(f"{title!r} is covered by {', '.join(above)}")
        x, y, width, height = self.describe(frame, client)["place"]
        x, y = max(x, 0), max(y, 0)
        width = min(width, self.root.get_geometry().width - x)
        height = min(height, self.root.get_geometry().height - y)
        before = b""
        for _ in range(_ALIKE):
            self.ping(client, _ANSWER_S)
            pixels = self.root.get_image(x, y, width, height, X.ZPixmap, 0xFFFFFFFF).data
            if pixels == before:
                break
            before = pixels
        # 32 bits a pixel: blue, green, red and nothing.
        colours = bytearray(3 * width * height)
        for at in range(3):
            colours[at::3] = pixels[2 - at :: 4]
        return b"P6\n%d %d\n255\n" % (width, height) + bytes(colours)


def opened(screen, title, seconds, log, words):
    """Start a program, wait for its window, and move that to its place."""
    with Path(log).open("ab") as sink:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True)
    try:
        screen.wait(title, seconds, answers=True, process=process)
    except AgentError as failure:
        output = Path(log).read_text(errors="replace").strip().splitlines()
        raise AgentError(f"{failure}; its last output: {output[-1] if output else 'none'}") from failure
    screen.put(title)


def main(command, title, *words):
    """Run one of the commands above."""
    screen = Screen()
    if command == "picture":
        sys.stdout.buffer.write(screen.picture(title))
        return
    if command == "open":
        opened(screen, title, float(words[0]), words[1], words[2:])
    elif command == "wait":
        screen.wait(title, float(words[0]))
    print(json.dumps(screen.look(title)))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AgentError, OSError) as failure:
        sys.exit(str(failure))
