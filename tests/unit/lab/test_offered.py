"""An image of the lab host that has older packages than the mirror offers."""

import json
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.images.cache import naming
from lab.images.digest import MANIFEST
from lab.images.host import Origin, host_image
from lab.images.offered import KERNEL, forget_older


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cached image that has one version of the kernel."""
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path))
    with naming() as names, pytest.raises(HvlabError):
        host_image(Origin())
    folder = tmp_path / names[0]
    (folder / "boot").mkdir(parents=True)
    (folder / MANIFEST).write_text(json.dumps({"versions": {KERNEL: "7.2.13-1"}}))
    return folder


def test_an_image_is_removed_only_if_the_mirror_has_something_newer(image: Path) -> None:
    assert not forget_older(Origin(), {KERNEL: "7.2.13-1"})
    assert image.is_dir()
    assert forget_older(Origin(), {KERNEL: "7.2.14-1"})
    assert not [path for path in image.parent.iterdir() if path.is_dir()]
    assert not forget_older(Origin(), {KERNEL: "7.2.14-1"})
