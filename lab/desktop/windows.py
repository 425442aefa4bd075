"""The lab host's screen, as `on_host.py` reports it."""

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import HvlabError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Window(_Part):
    """A window on the screen.

    Attributes:
        id: X's number of it.
        title: Its title; empty where it has none.
        pid: Its process, if the window has that property.
        place: Of its frame: left, top, width, height, pixels.
    """

    id: int
    title: str
    pid: int | None
    place: tuple[int, int, int, int]


class Look(_Part):
    """All windows on the screen, the lowest first, and the requested one.

    Attributes:
        screen: Width and height, pixels.
        wanted: Number of the requested window; None: there is no such window.
        answered_s: Seconds until its program answered a ping; None: it did not.
    """

    screen: tuple[int, int]
    windows: tuple[Window, ...]
    wanted: int | None
    answered_s: float | None

    @property
    def window(self) -> Window | None:
        """The requested window."""
        return next((each for each in self.windows if each.id == self.wanted), None)


def read_look(text: str) -> Look:
    """Parse the output of `on_host.py look`.

    Raises:
        HvlabError: It is of another form.
    """
    try:
        return Look.model_validate_json(text)
    except ValidationError as error:
        shown = " ".join(text.split())[:80]
        raise HvlabError(
            f"the list of windows on the lab host's screen is not recognised: {shown!r}", code="unknown-output"
        ) from error


def require_alive(look: Look, title: str, opened: Window | None = None) -> Window:
    """Return the window of a manager that is on the screen and answers.

    Args:
        look: The screen.
        title: What was looked for.
        opened: The window as it was when it was opened; another one means that the manager was started again.

    Raises:
        HvlabError: It does not exist, does not answer, or is another one.
    """
    window = look.window
    if window is None:
        shown = ", ".join(each.title for each in look.windows if each.title) or "none"
        raise HvlabError(f"no window {title!r} is on the lab host's screen; there are: {shown}", code="no-window")
    if look.answered_s is None:
        raise HvlabError(f"the window {title!r} does not answer", code="window-does-not-answer")
    if opened and (window.id, window.pid) != (opened.id, opened.pid):
        raise HvlabError(f"the window {title!r} is another than the one that was opened", code="other-window")
    return window
