"""Reads one stage: the lab host by itself, then, over one connection, the manager's window and the newest guest."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from core.errors import HvlabError
from dataset.guests import guest_name
from dataset.stages import Stage
from hypervisors.base import Hypervisor
from lab.connectors.patience import ConnectionLostError, Patience
from lab.connectors.ssh_config import SOCKET
from lab.desktop.manager_window import look_command
from lab.lifecycle import Lab
from study.measure.collector import Output, ask, collected, commands, context_for, guest_commands, took_s
from study.measure.evidence import LOAD_EVIDENCE
from study.screenshots import WINDOW_CAPTURE

# Until the reading has failed, until the manager's window has, and until the guest has, seconds.
_READING_S = 300
_WINDOW_S = 240
_GUEST_S = 120
# How long a guest that does not accept a connection is asked again, seconds: a paused one never will.
_GUEST_PATIENCE_S = 60


class StageReader:
    """Reads the stages of one run.

    Args:
        lab: The lab, up.
        provider: The hypervisor.
    """

    def __init__(self, lab: Lab, provider: Hypervisor) -> None:
        self.lab, self.provider = lab, provider
        self._usual_s = 0.0  # how long the lab host took for its last reading

    def read(self, stage: Stage, *, window: bool) -> dict[str, Output]:
        """Return the outputs of all meters and of the evidence.

        Args:
            stage: The stage, for its newest guest.
            window: Whether the manager is open.

        Raises:
            HvlabError: The lab host or the guest does not answer, or not in its time.
        """
        context = context_for(self.provider, self.lab.settings)
        shell, socket, limit_s = self.lab.host.shell, self.lab.state / SOCKET, self.lab.pace.scaled(_READING_S)
        with collected(shell, commands(context), limit_s, socket=socket, usual_s=self._usual_s) as read:
            self._usual_s, outputs = took_s(read), dict(read)
            # After the reading: each takes a session, and wakes what it asks.
            asked = [self._look_at_manager] if window else []
            if stage.guests:
                inside = guest_commands(context) | (LOAD_EVIDENCE if self.lab.settings.topology.memory_load_mib else {})
                asked.append(partial(self._ask_guest, guest_name(stage.guests), stage, inside))
            with ThreadPoolExecutor(max_workers=2) as pool:
                for answer in [pool.submit(each) for each in asked]:
                    outputs |= answer.result()
        return outputs

    def _look_at_manager(self) -> dict[str, Output]:
        return ask(self.lab.host.shell, {WINDOW_CAPTURE: look_command(self.provider.manager)}, timeout=_WINDOW_S)

    def _ask_guest(self, guest: str, stage: Stage, inside: dict[str, str]) -> dict[str, Output]:
        """Ask a guest itself.

        Raises:
            HvlabError: It does not answer; the message has its hypervisor's report (it may be paused, or gone).
        """
        try:
            return ask(self.lab.guest_ssh(guest, Patience(_GUEST_PATIENCE_S)), inside, timeout=_GUEST_S)
        except ConnectionLostError:
            raise
        except HvlabError as error:
            why = self.lab.why_ended(self.provider, guest)
            raise HvlabError(f"{guest} did not answer when {stage.name} was read: {error.message} ({why})") from error
