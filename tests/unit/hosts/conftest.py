"""A real sshd with the algorithms of OpenSSH 4.3, one for each module of tests."""

from collections.abc import Iterator

import pytest

from tests.unit.ssh.old_sshd import OldSshd, old_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldSshd]:
    with old_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running
