"""Providers are found by their modules."""

import pytest

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors, get_hypervisor


def test_three_providers_with_folders_of_their_own() -> None:
    found = all_hypervisors()
    assert set(found) == {"kvm", "xen", "virtualbox"}
    assert len({provider.folder for provider in found.values()}) == 3
    assert [name for name, provider in found.items() if provider.boot.detect] == ["xen"]


def test_unknown_provider_is_told_what_is_known() -> None:
    with pytest.raises(HvlabError) as caught:
        get_hypervisor("hyperv")
    assert "kvm, virtualbox, xen" in caught.value.hint
