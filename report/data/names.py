"""The order and the printed names of hypervisors and stages."""

from dataset.labels import stage_label
from report.i18n.translate import gettext

PROVIDERS = ("xen", "kvm", "virtualbox")
PLAIN_KERNEL = ("kvm", "virtualbox")
"""Providers under which the host's own kernel sees the whole machine (under Xen dom0 does not)."""

PRINTED = {"xen": "Xen", "kvm": "KVM", "virtualbox": "VirtualBox"}


def printed_stage(stage: str) -> str:
    """Return a stage's name as the 2011 study prints it, in the paper's language: Booting, Manager, VM-1."""
    return gettext(stage_label(stage))
