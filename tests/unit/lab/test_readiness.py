"""The ladder: which stage a machine has reached, seen from outside."""

from typing import Any

from core.errors import HvlabError
from lab.guests.boot_progress import BootStage, guest_progress, host_progress
from tests.support.booting import RUNNING, Inside, guest, listening


def test_a_lab_host_that_does_not_answer_is_told() -> None:
    class Dead:
        def check(self, line: str, **words: Any) -> str:
            raise HvlabError("labhost cannot be reached over SSH: Connection refused")

    seen = guest_progress(Dead(), RUNNING, guest(1), ssh=Inside(), programs=())  # type: ignore[arg-type]
    assert seen.stage == BootStage.NOTHING
    assert str(seen).startswith("its boot stage could not be observed (labhost cannot be reached")


def test_the_lab_hosts_own_ladder() -> None:
    inside: Any = Inside()
    with listening(b"SSH-2.0-OpenSSH_10.0\r\n") as port:
        assert host_progress(inside, port, running=False, ready=False).stage == BootStage.NOTHING
        assert host_progress(inside, port, running=True, ready=True).stage == BootStage.SESSION
        early = host_progress(inside, port, running=True, ready=False)
        assert str(early) == "it reached login; session is missing (its start script has not ended)"
    assert host_progress(inside, port, running=True, ready=False).stage == BootStage.ADDRESS
    # QEMU listens for its machine, and ends the connection when nobody in it does.
    with listening(b"XXXX") as port:
        assert host_progress(inside, port, running=True, ready=False).stage == BootStage.PORT
