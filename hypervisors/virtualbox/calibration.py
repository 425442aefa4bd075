"""VirtualBox in a calibration: its kernel module takes a guest's memory from the host in chunks of 2 MiB."""

from core.errors import HvlabError
from hypervisors.calibration import Calibration, Counter, Key, Load, Reading, Shell
from hypervisors.virtualbox import gmm_chunks

_PAGES_A_CHUNK = 512
# VirtualBox takes pages from its kernel module up to 128 at a time.
_FIRST, _LAST = 64, 320
_ATTEMPTS = 16
_PAGES = "/GMM/VM/cPrivatePages"


def align(host: Shell, load: Load, guest: str) -> None:
    """Let a guest take pages until it stands in the middle of a chunk, by VirtualBox's count of its pages.

    Raises:
        HvlabError: It does not come to stand there.
    """
    for _ in range(_ATTEMPTS):
        place = _pages(host, guest) % _PAGES_A_CHUNK
        if _FIRST <= place <= _LAST:
            return
        load.hold((_FIRST + _LAST) // 2 - place if place < _FIRST else 64)
    raise HvlabError("the guest under VirtualBox takes no memory from the host", "is it swapping?")


def _pages(host: Shell, guest: str) -> int:
    """Return how many pages VirtualBox has given to a guest."""
    text = host.check(gmm_chunks.ask_for(_PAGES, guest), timeout=60, what="asking VirtualBox for its count of pages")
    if (pages := gmm_chunks.count(_PAGES, text)) is not None:
        return pages
    raise HvlabError(f"VirtualBox does not report its count of pages: {text.strip()[:200]!r}")


def explain(taken: float, before: Reading, after: Reading) -> float:
    """Return by how much the host gave VirtualBox more, or less, than its guest took, MiB.

    Less where the guest took pages that VirtualBox had already (`gmm_chunks`); more for the books that its kernel
    module keeps, about 16 KiB a chunk.
    """
    books: Key = ("host", "meminfo", "SUnreclaim")
    held: Key = ("host", gmm_chunks.NAME, "held")
    moved = after.get(books, 0.0) - before.get(books, 0.0)
    if held in before and held in after:
        moved += after[held] - before[held] - taken
    return moved


# A piece of 2 MiB of a guest is mapped into its process when a device reaches into it: `pss` moves by such pieces,
# `pss_anon` is the process's own. Without huge pages a step was seen to cost 8 to 10 MiB less.
CALIBRATION = Calibration(
    guest_memory="system",
    process_metrics=("pss_anon",),
    align=align,
    counter=Counter(gmm_chunks.NAME, gmm_chunks.command, gmm_chunks.parse, explain),
)
