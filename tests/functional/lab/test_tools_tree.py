"""Entering the tools tree: with a small made-up tree of this machine's programs, since building one takes minutes."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.tools_tree.facts import SCRIPTS, tree_name

ENTER = SCRIPTS / "enter.sh"
_PROGRAMS = ("sh", "cat", "env", "id", "ls", "nsenter", "sleep", "touch")


def _with_libraries(program: str) -> set[Path]:
    found = Path(str(shutil.which(program)))
    listing = subprocess.run(["ldd", found], capture_output=True, text=True, check=True).stdout
    return {found, *(Path(word) for line in listing.splitlines() for word in line.split() if word.startswith("/"))}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a tree of a few programs."""
    folder = tmp_path_factory.mktemp("cache")
    tree = folder / tree_name()
    root = tree / "root"
    for path in ("etc/ssl/certs", "dev", "proc", "run", "sys", "tmp", "usr/bin", "var/tmp", "machine"):
        (root / path).mkdir(parents=True)
    for path in ("resolv.conf", "hosts", "localtime", "pip.conf", "ssl/certs/ca-certificates.crt"):
        (root / "etc" / path).touch()
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "etc/apt").mkdir()
    source = "deb [trusted=no arch=amd64] http://mirror.example/debian bookworm main\n"
    (root / "etc/apt/sources.list").write_text(source)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / f"usr/{name}").mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for file in {path for program in _PROGRAMS for path in _with_libraries(program)}:
        target = root / str(file.parent).removeprefix("/usr").lstrip("/") / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    (root / "etc/hvlab-tools").write_text(tree.name.removeprefix("tools-") + "\n")
    (tree / "manifest.json").write_text(json.dumps({"kind": "tools", "uses": []}))
    return folder


def _environment(cache: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "HVLAB_CACHE": str(cache), "HVLAB_MIRROR": "", **more}


@pytest.fixture
def entered(cache: Path, tmp_path: Path) -> list[str]:
    """The words that run a shell line in the tree; skipped where this machine forbids that, with its reason."""
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    if os.geteuid() == 0 and done.returncode:
        pytest.skip(f"this root may not make a mount namespace: {done.stderr.strip()}")
    checked = subprocess.run(["sh", ENTER, "--check"], capture_output=True, text=True, check=False)
    if os.geteuid() and checked.returncode:
        pytest.skip(checked.stderr.strip())
    return ["sh", str(ENTER), "sh", "-c"]


def _lines(entered: list[str], cache: Path, line: str, **more: str) -> list[str]:
    done = subprocess.run(
        [*entered, line], capture_output=True, text=True, check=False, env=_environment(cache, **more), cwd=PROJECT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_programs_are_the_trees_and_files_the_machines(entered: list[str], cache: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("of the machine\n")
    line = (
        f"cat /etc/hvlab-tools '{tmp_path}/a file'; pwd; ls /usr/bin; id -un; echo $HVLAB_MIRROR; touch {tmp_path}/new"
    )
    key, text, where, *programs, user, mirror = _lines(entered, cache, line)
    assert f"tools-{key}" == tree_name()
    assert (text, where, mirror) == ("of the machine", str(PROJECT), "http://mirror.example/debian")
    assert set(programs) == set(_PROGRAMS)
    assert user == subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert (tmp_path / "new").stat().st_uid == os.getuid()


def test_the_tree_cannot_be_written_and_the_machines_root_is_there(entered: list[str], cache: Path) -> None:
    line = "touch /usr/bin/new 2>/dev/null && echo written; cd /machine; cat proc/sys/kernel/random/boot_id; ls etc"
    boot, *etc = _lines(entered, cache, line)
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert set(etc) == {path.name for path in Path("/etc").iterdir() if not path.name.startswith(".")}


def test_root_leaves_the_tree_for_the_machines_programs(entered: list[str], cache: Path) -> None:
    outside = f'sh "{SCRIPTS}/outside.sh"'
    if os.geteuid():
        pytest.skip("an ordinary user's namespace is not left")
    there = 'readlink /proc/self/ns/mnt; echo "$PATH"; ls /etc/hvlab-tools'
    line = f"ls /etc/hvlab-tools; {outside} sh -c '{there}'"
    words = [*entered, f"({line}) 2>/dev/null; exit 0"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=_environment(cache))
    machine = str(Path("/proc/self/ns/mnt").readlink())
    assert done.stdout.splitlines() == ["/etc/hvlab-tools", machine, os.environ["PATH"]]


@pytest.mark.parametrize("words", [["lint"], ["test", "--unit"]])
def test_lint_and_test_enter_the_tree_that_has_their_programs(
    entered: list[str], tmp_path: Path, words: list[str]
) -> None:
    tree = tmp_path / tree_name(development=True)
    (tree / "root/etc").mkdir(parents=True)
    # No tree of programs is needed to see which one is entered: this one cannot be.
    (tree / "manifest.json").touch()
    environ = _environment(tmp_path, HVLAB_TOOLS="tree")
    done = subprocess.run([PROJECT / "invoke", *words], capture_output=True, text=True, check=False, env=environ)
    assert done.returncode
    assert tree.name in done.stderr


def test_a_home_in_a_system_folder_and_a_name_with_blanks(entered: list[str], cache: Path, tmp_path: Path) -> None:
    home = tmp_path / "home of\tsomeone \\ else"
    home.mkdir()
    (text,) = _lines(entered, cache, 'cat "$HOME/new"; echo seen >"$HOME/new"; cat "$HOME/new"', HOME=str(home))
    assert text == "seen"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_reaches_the_program_itself(entered: list[str], cache: Path, number: signal.Signals) -> None:
    line = "trap 'echo taken down; exit 3' TERM HUP INT; echo $$; while :; do sleep 0.1; done"
    words = ["env", "--default-signal=INT,TERM,HUP", *entered, line]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=_environment(cache)) as process:
        assert process.stdout
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(number)
        assert (process.stdout.read(), process.wait()) == ("taken down\n", 3)


@pytest.mark.parametrize(
    ("installer", "hint"),
    [
        ("apt-get", "apt-get install mmdebstrap"),
        ("dnf", "dnf install mmdebstrap"),
        ("apk", "no package"),
        ("", "install the package"),
    ],
)
def test_a_missing_program_is_named_with_its_package(tmp_path: Path, installer: str, hint: str) -> None:
    there = (
        "sh",
        "unshare",
        "mount",
        "pivot_root",
        "flock",
        "newuidmap",
        "newgidmap",
        "id",
        "cat",
        "grep",
        "true",
        "ls",
    )
    for name in there:
        if found := shutil.which(name):
            (tmp_path / name).symlink_to(found)
    if installer:
        (tmp_path / installer).symlink_to("/bin/true")
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(["sh", ENTER, "--check"], env=environ, capture_output=True, text=True, check=False)
    if "user" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 1
    assert "mmdebstrap" in done.stderr
    assert hint in done.stderr


def test_an_unknown_kind_of_tools_is_refused() -> None:
    environ = {**os.environ, "HVLAB_TOOLS": "neither"}
    done = subprocess.run([PROJECT / "invoke", "--list"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "neither" in done.stderr
