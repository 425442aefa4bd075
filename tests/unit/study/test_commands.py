"""The study commands around the study itself: what a person wished for, the lock, a lab that a kill left running."""

from pathlib import Path

from lab.settings import Settings
from lab.state.lock import acquire_lab, in_use
from study.api import StudyRequest
from study.plan import Plan
from tests.support.errors import raises_code


def test_wishes() -> None:
    settings = Settings()
    assert StudyRequest(seed=7).plan(settings) == Plan(("xen", "kvm", "virtualbox"), 1, 7)
    assert StudyRequest(("kvm",), 3, 7, "512KiB").plan(settings) == Plan(("kvm",), 3, 7, 0.5, 20)
    assert StudyRequest().plan(settings).seed > 0
    with raises_code("bad-option", "--repeats=-1"):
        StudyRequest(repeats=-1).plan(settings)


def test_the_lock(tmp_path: Path) -> None:
    assert not in_use(tmp_path)
    with acquire_lab(tmp_path):
        assert in_use(tmp_path)
    assert not in_use(tmp_path)
