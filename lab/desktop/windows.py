"""What the lab host's screen shows, as `on_host.py` tells it."""

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import HvlabError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Window(_Part):
    """A window on the screen.

    Attributes:
        id: X's number of it.
        title: Its title; empty where it has none.
        pid: Its process, where it tells it.
        place: Of its frame: left, top, width, height, pixels.
    """

    id: int
    title: str
    pid: int | None
    place: tuple[int, int, int, int]


class Look(_Part):
    """All windows on the screen, the lowest first, and the one that was asked for.

    Attributes:
        screen: Width and height, pixels.
        wanted: Number of the window that was asked for; None: there is no such one.
        answered_s: Seconds until its program answered; None: it did not.
    """

    screen: tuple[int, int]
    windows: tuple[Window, ...]
    wanted: int | None
    answered_s: float | None

    @property
    def window(self) -> Window | None:
        """The window that was asked for."""
        return next((each for each in self.windows if each.id == self.wanted), None)


def read_look(text: str) -> Look:
    """Read what `on_host.py look` printed.

    Raises:
        HvlabError: It is not of that form.
    """
    try:
        return Look.model_validate_json(text)
    except ValidationError as error:
        shown = " ".join(text.split())[:80]
        raise HvlabError(f"the list of windows on the lab host's screen is not recognised: {shown!r}") from error


def require_alive(look: Look, title: str, opened: Window | None = None) -> Window:
    """Return the window of a manager that is on the screen and answers.

    Args:
        look: The screen.
        title: What was looked for.
        opened: The window as it was when it was opened; another one means that the manager was started again.

    Raises:
        HvlabError: It is not there, does not answer, or is another.
    """
    window = look.window
    if window is None:
        shown = ", ".join(each.title for each in look.windows if each.title) or "none"
        raise HvlabError(f"no window {title!r} is on the lab host's screen; there are: {shown}")
    if look.answered_s is None:
        raise HvlabError(f"the window {title!r} does not answer")
    if opened and (window.id, window.pid) != (opened.id, opened.pid):
        raise HvlabError(f"the window {title!r} is another than the one that was opened")
    return window
