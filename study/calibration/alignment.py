"""The host gives a guest memory in pieces of 2 MiB; a step that ends within the piece it began in would be off by one.

KVM: transparent huge pages, by the guest's own page numbers, since QEMU's block of memory begins on a piece.
VirtualBox: chunks of its kernel module, by the count of pages that it has given so far. So before a step the guest
takes pages until it stands in the middle of a piece; a whole number of pieces later, and the pages of the tables that
map them, it stands in the middle of another.
"""

from core.errors import HvlabError
from hypervisors.virtualbox import gmm_chunks
from lab.connectors.base import Machine
from lab.guests.load_generator import LoadGenerator

PAGES_A_PIECE = 512
# VirtualBox takes pages from its kernel module up to 128 at a time.
_FIRST, _LAST = 64, 320
_ATTEMPTS = 16
_PAGES = "/GMM/VM/cPrivatePages"


def align(provider: str, host: Machine, load: LoadGenerator, guest: str) -> None:
    """Let a guest stand in the middle of a piece.

    Args:
        provider: Name; Xen gives a guest all memory at its start, there is nothing to do.
        host: The lab host.
        load: The known load in the guest.
        guest: The guest's name.

    Raises:
        HvlabError: It does not come to stand there.
    """
    if provider == "kvm":
        load.align()
    if provider != "virtualbox":
        return
    for _ in range(_ATTEMPTS):
        place = _pages(host, guest) % PAGES_A_PIECE
        if _FIRST <= place <= _LAST:
            return
        load.hold((_FIRST + _LAST) // 2 - place if place < _FIRST else 64)
    raise HvlabError("the guest under VirtualBox takes no memory from the host", "is it swapping?")


def _pages(host: Machine, guest: str) -> int:
    """Return how many pages VirtualBox has given to a guest."""
    text = host.check(gmm_chunks.ask_for(_PAGES, guest), timeout=60, what="asking VirtualBox for its count of pages")
    if (pages := gmm_chunks.count(_PAGES, text)) is not None:
        return pages
    raise HvlabError(f"VirtualBox does not tell its count of pages: {text.strip()[:200]!r}")
