"""The X session of the lab host: a server with a virtual screen, a window manager, a terminal, a message bus.

The server of the 2011 study ran X, too. The memory of the session is part of the baseline of every later stage.
"""

import shlex
from pathlib import Path

from core.errors import HvlabError
from lab.connectors.base import Machine

SIZE = (1024, 768)  # pixels
PROGRAMS = ("Xvfb", "blackbox", "xterm")
FOLDER = "/run/hvlab"
TOOL = f"{FOLDER}/on_host.py"
# The session's processes have this variable, so that they are found on a host that goes on without the lab.
MARK = "HVLAB_SESSION"
# Environment of the session's programs. The bus has a path of its own, since that of a login ends with the login;
# settings are kept in memory, since no daemon writes them; there is no accessibility bus.
ENVIRONMENT = {
    "DISPLAY": ":0",
    "XDG_RUNTIME_DIR": f"{FOLDER}/user",
    "DBUS_SESSION_BUS_ADDRESS": f"unix:path={FOLDER}/user/bus",
    "GSETTINGS_BACKEND": "memory",
    "NO_AT_BRIDGE": "1",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    MARK: "1",
}
_TOOL_FILE = Path(__file__).with_name("agent.py")
_END = "HVLAB-END-OF-PROGRAM"
_TERMINAL = "xterm"
_START_S = 180
_LOG = "/var/log/desktop.log"
# The server writes to file descriptor 3 when it is ready; if it ends before that, `read` fails.
_START = f"""\
set -u
for name in {shlex.join(PROGRAMS)} dbus-daemon python3; do
    command -v "$name" >/dev/null || {{{{ echo "$name is not installed" >&2; exit 1; }}}}
done
export {{environment}}
mkdir -p {FOLDER} && mkdir -p -m 700 "$XDG_RUNTIME_DIR" || exit 1
cat >{TOOL} <<'{_END}'
{{tool}}{_END}
ready=$(mktemp -u {FOLDER}/ready.XXXXXX) && mkfifo "$ready" || exit 1
setsid Xvfb "$DISPLAY" -screen 0 {SIZE[0]}x{SIZE[1]}x24 -nolisten tcp -noreset -displayfd 3 \\
    3>"$ready" >{_LOG} 2>&1 </dev/null &
read -r _ <"$ready" || {{{{ echo "Xvfb does not start: $(tail -n 1 {_LOG})" >&2; exit 1; }}}}
rm "$ready"
dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --fork || exit 1
cd "$HOME"
setsid blackbox >>{_LOG} 2>&1 </dev/null &
setsid xterm -ls >>{_LOG} 2>&1 </dev/null &
python3 {TOOL} wait {_TERMINAL} {_START_S}
"""


def environment() -> str:
    """Return the environment as words that a shell's `export` and env(1) take."""
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in ENVIRONMENT.items())


def render_session_script() -> str:
    """Return the shell program that starts the session and ends when the terminal's window is on the screen."""
    return _START.format(environment=environment(), tool=_TOOL_FILE.read_text(encoding="utf-8"))


def start_session(ssh: Machine) -> None:
    """Start the session on a lab host; when this returns its terminal is on the screen.

    Raises:
        HvlabError: A program is not installed there, or does not start; the message names it.
    """
    try:
        ssh.check(
            "sh -s",
            stdin=render_session_script().encode(),
            timeout=_START_S + 60,
            what="starting the lab host's X session",
        )
    except HvlabError as error:
        raise HvlabError(
            error.message, "lab_host.desktop = false and study.manager = false skip it", code=error.code
        ) from error
