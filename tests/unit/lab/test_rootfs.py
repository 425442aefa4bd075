"""The command line that makes a root."""

from pathlib import Path

from lab.images.emulator import BUILD
from lab.images.mirror import Mirror
from lab.images.rootfs import Recipe

MIRROR = "http://mirror.example/debian"
USUAL = Mirror(MIRROR)


def test_a_root_of_packages() -> None:
    words = Recipe("sid", ("main", "contrib"), ("a", "b")).command(Path("/root dir"), USUAL)
    assert words[-3:] == ["sid", "/root dir", MIRROR]
    assert {"--components=main,contrib", "--include=a,b"} <= set(words)
    assert not any(word.startswith("--customize-hook") for word in words)


def test_lists_that_are_no_longer_valid_are_taken_only_from_a_mirror_of_another_day() -> None:
    recipe = Recipe("sid", ("main",), ("a",))
    option = '--aptopt=Acquire::Check-Valid-Until "false"'
    assert option not in recipe.command(Path("root"), USUAL)
    assert option in recipe.command(Path("root"), Mirror(MIRROR, of_another_day=True))


def test_a_source_package_is_downloaded_before_the_hooks_run() -> None:
    recipe = Recipe("sid", ("main",), ("gcc",), source="hello", hooks=("make",))
    words = recipe.command(Path("root"), USUAL)
    assert words[-3:] == ["root", MIRROR, f"deb-src {MIRROR} sid main"]
    download, build = (word for word in words if word.startswith("--customize-hook"))
    assert download.endswith("source --download-only hello")
    assert build == "--customize-hook=make"


def test_the_emulators_patches_are_taken_into_its_root() -> None:
    copy, build = BUILD.hooks
    folder = Path(copy.removeprefix("cp -R -- ").partition("/. ")[0])
    assert (folder / "build.sh").stat().st_mode & 0o111
    assert [path.suffix for path in (folder / "patches").iterdir()] == [".patch"] * 3
    assert build == 'chroot "$1" /build/build.sh'
