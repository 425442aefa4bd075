"""What every lab host can do."""

from pathlib import Path
from typing import Protocol

from lab.providers.base import Provider
from lab.ssh import Ssh, SshEntry


class LabHost(Protocol):
    """A machine that runs a provider's guests; commands on it go through `ssh`."""

    ssh: Ssh
    entry: SshEntry
    accelerator: str
    versions: dict[str, str]

    def boot(self, provider: Provider) -> None:
        """Start the machine afresh into the kernel that the provider needs; return when it can be used.

        Raises:
            HvlabError: If it does not come up; nothing of it is left running then.
        """

    def stop(self) -> None:
        """End the machine and all that runs in it, without asking it."""

    def running(self) -> str | None:
        """Return the name of the provider that it runs, None if it is off."""

    def died(self) -> str | None:
        """Return in words that the machine has died, None if nothing speaks for it."""

    def console_log(self) -> Path:
        """Return the file with what the machine's kernel said on its console."""
