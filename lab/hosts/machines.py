"""The machines of lab hosts' addresses: this one, and one that OpenSSH's client reaches."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from core.process import run
from lab.connectors.address import Address
from lab.connectors.base import Completed, Machine, last_line
from lab.connectors.patience import NotConnectedError
from lab.connectors.ssh_config import SshEntry, mark_begin, without_mark
from lab.tools_tree.facts import outside_words

LABHOST = "labhost"
# Seconds for a second question, why a connection was not made.
_ASK_S = 30
# Without prompts.
_OPTIONS = {"BatchMode": "yes", "ConnectTimeout": "15", "UpdateHostKeys": "no", "LogLevel": "ERROR"}
# The user's own settings for a host that are copied into the lab's configuration file, as `ssh -G` prints them. The
# algorithms are among them: those of OpenSSH 4.3 are offered only to hosts for which the user's settings name them.
_KEPT = (
    "identityfile", "certificatefile", "identityagent", "identitiesonly", "userknownhostsfile", "globalknownhostsfile",
    "hostkeyalias", "stricthostkeychecking", "proxycommand", "kexalgorithms", "hostkeyalgorithms",
    "pubkeyacceptedalgorithms", "ciphers", "macs",
)  # fmt: skip


@dataclass(frozen=True)
class ThisMachine(Machine):
    """The controller itself. Lines run as they would over SSH: by sh, in the home folder.

    Attributes:
        before: Words before each command; in the tools tree they lead out of it.
    """

    name: str = "this machine"
    before: tuple[str, ...] = ()

    def command(self, remote: str, *options: str) -> list[str]:
        """Return the command that runs the shell line `remote`."""
        return [*self.before, "env", f"--chdir={Path.home()}", "sh", "-c", remote]

    def interactive(self, words: Sequence[str]) -> int:
        """Start the user's shell, or run one line; return the exit status."""
        # In the tools tree SHELL is the tree's.
        shell = [*self.before, "sh"] if self.before else [os.environ.get("SHELL", "/bin/sh")]
        return subprocess.run(self.command(" ".join(words)) if words else shell, check=False).returncode


@dataclass(frozen=True)
class RemoteMachine(Machine):
    """Another machine, with the user's own keys and known hosts; without a file of the lab's.

    Attributes:
        address: Of kind `ssh`.
        config: The user's ssh configuration; "": the usual one.
    """

    address: Address
    config: str = ""

    @property
    def name(self) -> str:  # type: ignore[override]
        """Return the host as the user wrote it."""
        return self.address.host

    def _words(self, options: dict[str, str]) -> list[str]:
        words = ["-F", self.config] if self.config else []
        for name, value in options.items():
            words += ["-o", f"{name}={value}"]
        words += ["-p", str(self.address.port)] if self.address.port else []
        words += ["-l", self.address.user] if self.address.user else []
        return [*words, "--", self.address.host]

    def command(self, remote: str, *options: str) -> list[str]:
        """Return the local command that runs the shell line `remote` there."""
        return ["ssh", *options, *self._words(_OPTIONS), remote]

    def _marked(self, remote: str) -> str:
        return mark_begin(remote)

    def _reached(self, done: Completed) -> Completed:
        try:
            return without_mark(self.name, done)
        except HvlabError as error:
            if error.code != NotConnectedError.CODE:
                raise
            message = error.message
            hint = "log in once by hand with ssh, with a key that needs no question, and try again"
            if b"no matching" in (why := self._refusal()):
                message = f"{self.name} cannot be reached over SSH: {last_line(why)}"
                hint = (
                    "an old sshd: name its algorithms for this host in ~/.ssh/config (docs/how-to/hosts.md#old-hosts)"
                )
            raise type(error)(message, hint, code=error.code) from None

    def _refusal(self) -> bytes:
        """Return ssh(1)'s message about a connection that it cannot make; algorithms are reported at level INFO."""
        words = ["ssh", *self._words(_OPTIONS | {"LogLevel": "INFO"}), "true"]
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_S, check=False)
        except subprocess.TimeoutExpired:
            return b""
        return done.stderr if done.returncode else b""

    def _through(self, jumps: str) -> str:
        """Return ProxyJump's hosts as a ProxyCommand: their names are in the user's file, not in the lab's."""
        *before, last = jumps.split(",")
        words = ["ssh", *(["-F", self.config] if self.config else []), "-o", "BatchMode=yes"]
        words += ["-J", ",".join(before)] if before else []
        return (
            shlex.join([*words, "-W", "[HOST]:PORT", f"ssh://{last}"])
            .replace("%", "%%")
            .replace("HOST]:PORT", "%h]:%p")
        )

    def entry(self, extra: Sequence[str] = ()) -> SshEntry:
        """Return its entry in the lab's configuration file, with the user's present settings.

        Raises:
            HvlabError: They cannot be read.
        """
        output = run(["ssh", "-G", *self._words({})], what=f"reading the ssh settings for {self.name}")
        pairs = [line.split(" ", 1) for line in output.splitlines() if " " in line]
        one = dict(pairs)
        kept = [f"{name} {value}" for name, value in pairs if name in _KEPT]
        kept += [f"proxycommand {self._through(one['proxyjump'])}"] if "proxyjump" in one else []
        lines = [*kept, *(f"{name} {value}" for name, value in _OPTIONS.items()), *extra]
        return SshEntry(LABHOST, one["hostname"], int(one["port"]), one["user"], None, extra=tuple(lines))


def local_machine() -> ThisMachine:
    """Return this machine as the lab host `local`: with its own programs, also when hvlab runs in the tools tree.

    Raises:
        HvlabError: An ordinary user cannot leave the tools tree.
    """
    try:
        return ThisMachine(before=outside_words())
    except KeyError as error:
        raise HvlabError(
            "the lab host `local` uses this machine's own programs, and an ordinary user cannot leave the tools tree",
            "run it as root, or with HVLAB_TOOLS=machine ./invoke ...",
            code="local-in-tools-tree",
        ) from error


def machine_of(address: Address, config: str = "") -> Machine:
    """Return the machine of an address; for the nested lab host this one, which runs it.

    Raises:
        HvlabError: It is this machine itself, whose programs cannot be reached (`local_machine`).
    """
    if address.kind == "ssh":
        return RemoteMachine(address, config)
    return local_machine() if address.kind == "local" else ThisMachine()
