"""Brings the lab up and takes it down: the lab host first, then its guests one after the other."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path

from core.console import say, step
from core.errors import HvlabError
from core.files import write_atomic
from core.pace import Pace
from core.paths import state_root
from core.process import ProgramTimeoutError
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.active_lab import ActiveLab
from lab.connectors.patience import Patience
from lab.connectors.ssh_config import SOCKET, Ssh, write_config
from lab.desktop.xsession import start_session
from lab.factors.host import render_factors_script
from lab.guests.diagnostics import Evidence, GuestFailure, gather, keep_host_console
from lab.guests.ended import Watch, why_ended
from lab.guests.guest_session import hold_load, wait_for_session
from lab.guests.topology import guests, ssh_entries, write_topology
from lab.guests.vagrant import NOTES, VagrantLab, use_boxes
from lab.guests.vital_signs import STILL_S
from lab.history import awaited, current_pace
from lab.hosts.base import LabHost
from lab.hosts.factory import lab_host
from lab.hosts.prepare import create_resources, render_prepare_script
from lab.images.boxes import Boxes, boxes_for, planned_version
from lab.images.cache import manifest
from lab.images.guest import GuestImage, guest_image, vagrant_keys
from lab.images.origin import require_packaged
from lab.images.os_profiles import profile
from lab.settings import Settings
from lab.state.lock import TEMPORARY
from lab.state.rollback_journal import Steps

# Time of `vagrant up` before a guest starts (its disk is copied) and after it answers.
_BESIDE_BOOT_S = 180


class Lab:
    """A lab of one work tree.

    Args:
        settings: All parameters; images that are missing are built when they are first needed.
        state: Its folder; None: that of the work tree's own lab.
    """

    def __init__(self, settings: Settings, state: Path | None = None) -> None:
        self.settings = settings
        self.active = ActiveLab(state or state_root())
        self.state = self.active.state
        # Of another lab host than the nested one nothing was measured.
        self.pace = current_pace() if settings.lab_host.host == "nested" else Pace()
        self._booted = False
        self._watch: Watch | None = None
        self._failures: list[GuestFailure] = []

    @cached_property
    def guest(self) -> GuestImage:
        """The guests' disk."""
        return guest_image(self.settings.topology)

    @cached_property
    def boxes(self) -> Boxes:
        """The boxes made from it."""
        return boxes_for(self.guest, self.settings.topology)

    @property
    def box_version(self) -> str | None:
        """The version of the boxes, without building anything; None if it cannot be said yet."""
        return planned_version(self.settings.topology)

    @cached_property
    def host(self) -> LabHost:
        """The lab host."""
        return lab_host(self.settings, lambda: self.boxes, self.state, self.pace)

    def images(self) -> dict[str, str]:
        """Return the digest of the content of each image that the lab uses, by the image's name in the cache."""
        used = [*self.host.images, self.boxes.folder.parent]
        return {folder.name: str(manifest(folder).get("digest", "unknown")) for folder in used}

    @property
    def _config(self) -> Path:
        """The ssh configuration file with all machines of the lab."""
        return self.state / "ssh_config"

    def boot(self, name: str) -> Hypervisor:
        """Boot the lab host for a provider and make it ready for guests.

        Raises:
            HvlabError: If it does not come up, or its release has no package of the hypervisor (`not-packaged`).
        """
        provider = get_hypervisor(name)
        require_packaged(self.settings, [name])
        # This command holds the lab, and it is off: what a killed command left is in the way.
        self.active.take_down()
        self._plan_steps()
        self.host.boot(provider)
        self._booted = True
        use_boxes(self.state, self.boxes)
        self._introduce(provider)
        with awaited(f"Lab host: preparing {provider.title}", f"prepare {provider.name} {self._where}"):
            self._prepare(provider)
        if self.settings.lab_host.desktop:
            with awaited("Lab host: starting its X session", f"desktop {provider.name} {self._where}"):
                start_session(self.host.shell)
        return provider

    @property
    def _where(self) -> str:
        """What the duration of a wait depends on, beside the hypervisor."""
        return f"{self.settings.lab_host.host} {self.host.accelerator}"

    def _introduce(self, provider: Hypervisor) -> None:
        """Configure Vagrant and ssh for the lab host and its guests."""
        entry, topology = self.host.entry, self.settings.topology
        patient = topology.model_copy(update={"boot_timeout_s": self.pace.scaled(topology.boot_timeout_s)})
        write_topology(
            self.state / "topology.json", patient, self.boxes, self._config if entry else None,
            self.settings.factors.disk_strategy, start=self.host.store.start,
        )  # fmt: skip
        key = self.state / "guest_key"
        write_atomic(key, (vagrant_keys() / "vagrant").read_bytes(), mode=0o600)
        guests = ssh_entries(provider, topology, key, via=entry.name if entry else "")
        write_config(self._config, [*([entry] if entry else []), *guests])

    def explained(self, error: HvlabError) -> HvlabError:
        """Return an error with its cause, if that is the end of the lab host, after which anything may fail."""
        death = self.host.died() if self._booted else None
        if death is None or death in error.message:
            return error
        return HvlabError(f"{death}: {error.message}", f"see {self._last_words()}")

    def _last_words(self) -> Path:
        """Save the console of a lab host that died; return the file."""
        return keep_host_console(self.state, self.host.console_log())

    def _plan_steps(self) -> None:
        """Record in the journal what the boot will create, before any of it is created."""
        steps = Steps(self.state)
        steps.before("files that commands make for a while", "remove", TEMPORARY)
        steps.before("how the lab is reached", "remove", "ssh_config")
        steps.before("Vagrant's notes", "remove", *NOTES)
        steps.before("the boxes, the topology, the guests' key", "remove", "vagrant-home/boxes", "topology.json",
                     "guest_key")  # fmt: skip
        for what, undo, *names in self.host.steps:
            steps.before(what, undo, *names)
        steps.before("Vagrant's connection", "connection", SOCKET)

    def _prepare(self, provider: Hypervisor) -> None:
        """Set the factors; define network and storage for the guests, as the provider wants them."""
        self.host.shell.check("sh -s", stdin=render_factors_script(self.settings.factors).encode(), timeout=60,
                            what="setting the factors")  # fmt: skip
        wanted = self.settings
        create_resources(
            self.host, self.state, provider, self.boxes,
            count=wanted.topology.guests, strategy=wanted.factors.disk_strategy,
        )  # fmt: skip
        program = render_prepare_script(provider)
        what = f"preparing {provider.title}"
        self.host.shell.check("sh -s", stdin=program.encode(), timeout=180, what=what)

    def up(self, provider: Hypervisor, guest: str) -> int:
        """Bring one guest up; when this returns it answers over SSH, its session runs, and it holds its load.

        Returns:
            How often it was tried: one that failed is destroyed and brought up again, `topology.attempts` times in all.

        Raises:
            HvlabError: If it does not come up, cannot hold the load, or the lab host dies meanwhile.
        """
        attempts = self.settings.topology.attempts
        for attempt in range(1, attempts + 1):
            try:
                self._try_up(provider, guest)
            except ProgramTimeoutError as error:
                # Vagrant itself gives up a guest before that: it waits for the lab host.
                self._require_alive(error)
                seen = self._look_at(provider, guest)
                longer = "raise topology.boot_timeout_s; " if seen.reached.ready else ""
                raise ProgramTimeoutError(self._failure_of(provider, guest, seen, error), longer + seen.hint) from error
            except HvlabError as error:
                self._require_alive(error)
                seen = self._look_at(provider, guest, attempt)
                words = self._failure_of(provider, guest, seen, error)
                hung = self._watch is not None and self._watch.hung
                self._failures.append(GuestFailure(guest, attempt, hung, words, [path.name for path in seen.files]))
                if attempt == attempts:
                    raise HvlabError(words, seen.hint, code="guest-did-not-come-up") from error
                say(f"{words}; once more", style="yellow")
                with self._vagrant(provider) as vagrant:
                    vagrant.destroy(guest)
            else:
                break
        if mib := self.settings.topology.memory_load_mib:
            with step(f"{guest}: holding {mib} MiB"):
                hold_load(self.guest_ssh(guest), mib)
        return attempt

    def take_failures(self) -> list[GuestFailure]:
        """Return which starts of guests failed since the last call."""
        taken, self._failures = self._failures, []
        return taken

    def _try_up(self, provider: Hypervisor, guest: str) -> None:
        """Bring a guest through all boot stages, with one deadline for all of them."""
        limit_s = self.guest_limit_s
        deadline = time.monotonic() + limit_s
        words = f"{guest}: vagrant up --provider={provider.vagrant}"
        what = f"guest {provider.name} {self.settings.topology.os} {self._where}"
        with awaited(words, what, limit_s), self._vagrant(provider) as vagrant:
            self._watch = Watch(self.host.shell, provider, guest, self.pace.scaled(STILL_S))
            vagrant.up(guest, self._watch)
            self.wait_for_session(guest, max(1.0, deadline - time.monotonic()))

    def wait_for_session(self, guest: str, seconds: float) -> None:
        """Wait until a guest that answers has its session; a text session is there at once.

        Raises:
            HvlabError: It does not after `seconds`.
        """
        if programs := self._programs():
            wait_for_session(self.guest_ssh(guest), programs, seconds)

    def _failure_of(self, provider: Hypervisor, guest: str, seen: Evidence, error: HvlabError) -> str:
        """Return why a guest did not come up: its boot stage, Vagrant's error, its hypervisor's report."""
        reached = f" in time: now it is {seen.reached}" if seen.reached.ready else f": {seen.reached}"
        return f"{guest} did not come up{reached}; {error.message}; {self.why_ended(provider, guest)}"

    def _programs(self) -> Sequence[str]:
        """Return the programs of a guest's session; none for a text session."""
        topology = self.settings.topology
        return profile(topology.os).session if topology.session == "x-window" else ()

    def _look_at(self, provider: Hypervisor, guest: str, attempt: int = 1) -> Evidence:
        """Gather evidence of a guest that did not come up: boot stage, console, screen."""
        which = next(one for one in guests(self.settings.topology.guests) if one.name == guest)
        inside = self.guest_ssh(guest)
        programs = self._programs()
        return gather(self.state, self.host.shell, provider, which, ssh=inside, programs=programs, attempt=attempt)

    @property
    def guest_limit_s(self) -> float:
        """How long a guest may take from its start to its session, seconds."""
        return self.pace.scaled(self.settings.topology.boot_timeout_s + _BESIDE_BOOT_S)

    @contextmanager
    def _vagrant(self, provider: Hypervisor) -> Iterator[VagrantLab]:
        """Provide Vagrant, with one shared connection to the lab host."""
        limit_s = self.guest_limit_s
        with self.connection():
            yield VagrantLab(provider, self.state, limit_s, self.host.died, remote=self.host.entry is not None)

    def connection(self) -> AbstractContextManager[None]:
        """Keep one connection to the lab host open, for all that the block asks it."""
        return self.host.shell.shared_connection(self.state / SOCKET)

    def _require_alive(self, error: HvlabError) -> None:
        """Check that the lab host is alive, without which a second attempt is useless.

        Raises:
            HvlabError: The lab host has died, or no longer answers; `error` was the consequence.
        """
        death = self.host.died()
        if death is None and not self._answers():
            death = "the lab host no longer answers over SSH"
        if death:
            raise HvlabError(death, f"see {self._last_words()}", code="lab-host-died") from error

    def _answers(self) -> bool:
        """Return whether the lab host answers, at once or when its connection has been tried again."""
        try:
            return self.host.shell.run("true", timeout=40).status == 0
        except HvlabError:
            return False

    def why_ended(self, provider: Hypervisor, guest: str) -> str:
        """Return the hypervisor's report of a guest's end (`lab.guests.ended`)."""
        return why_ended(self.host.shell, provider, guest)

    def guest_ssh(self, guest: str, patience: Patience | None = None) -> Ssh:
        """Return how a guest is reached.

        Args:
            guest: Its name.
            patience: For connections that fail; while a guest starts, failing is what they usually do.
        """
        return Ssh(self._config, guest, patience=patience, pace=self.pace)

    def down(self) -> None:
        """End the lab host and everything in it; of an unmanaged one, all that the lab made there."""
        self._booted = False
        # Not `host.stop()`: where the host could not be built, `host` would begin to build it again.
        self.active.take_down()
