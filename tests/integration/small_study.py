"""A small study under KVM: one guest, few samples, in a lab of its own."""

import os
from pathlib import Path

PORT = int(os.environ.get("HVLAB_FAULTS_PORT", "2634"))
BEGIN = ["study.run", "--provider=kvm"]
# As often as anybody's: under emulation a guest or the lab host's kernel may die without being killed.
AS_ANYBODY = {"HVLAB_STUDY__ATTEMPTS": "3"}
# Each factor that KVM has, away from its default.
UNUSUAL = {
    "HVLAB_FACTORS__KSM": "true",
    "HVLAB_FACTORS__THP": "never",
    "HVLAB_FACTORS__SWAP": "false",
    "HVLAB_FACTORS__PAGE_CACHE": "dropped",
    "HVLAB_FACTORS__DISK_STRATEGY": "linked-clone",
}


def small(state: Path) -> dict[str, str]:
    """Return what makes a small study in a lab of its own: one provider, one guest, few samples, no second try."""
    return {
        "HVLAB_STATE": str(state),
        "HVLAB_LAB_HOST__SSH_PORT": str(PORT),
        "HVLAB_LAB_HOST__DESKTOP": "false",
        "HVLAB_STUDY__MANAGER": "false",
        "HVLAB_STUDY__ATTEMPTS": "1",
        "HVLAB_STUDY__MPSTAT_INTERVAL_S": "1",
        "HVLAB_STUDY__MPSTAT_COUNT": "2",
        "HVLAB_STUDY__FREE_COUNT": "2",
        "HVLAB_STUDY__MEMORY_COUNT": "2",
        "HVLAB_SETTLE__WINDOW_S": "4",
        "HVLAB_TOPOLOGY__GUESTS": "1",
        "HVLAB_TOPOLOGY__ATTEMPTS": "1",
        "HVLAB_TOPOLOGY__SESSION": "text",
        "HVLAB_TOPOLOGY__BOOT_TIMEOUT_S": "120",
    }
