"""Each rule holds for the shipped kickstart file, and is shown to fail on a copy that breaks it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.lint.kickstart import read_kickstart
from lab.lint.rules import ANACONDA_RULES, RULES, check_kickstart
from lab.media.manifest import KICKSTARTS
from tests.support.examples import examples
from tests.support.recorded import ROOT

SHIPPED = (KICKSTARTS / "centos-5.5.ks").read_text()
KEY = SHIPPED.split("<<KEY\n")[1].split("\nKEY")[0]

# The rule, what of the shipped file is replaced by what, and a word of the finding's line.
BROKEN = [
    ("no-end", ("\n%post", "\n%end\n%post"), "%end"),
    ("no-end", ("\nMENU\nfi\n", "\nMENU\nfi\n%end\n"), "%end"),
    ("no-include", ("\nkernel\n", "\n%include http://10.0.2.2:8055/more.ks\n"), "%include"),
    ("no-include", ("\n%post", "\n%include /no/such/file\n%post"), "%include"),
    ("no-include", ("\nreboot\n", "\n%ksappend more.ks\nreboot\n"), "%ksappend"),
    ("positive-sizes", ("part swap --size=2048", "part swap --size=-2048"), "part swap"),
    ("positive-sizes", ("part swap --size=2048", "part swap --size=0"), "part swap"),
    ("positive-sizes", ("part swap --size=2048", "part swap --size=1 --maxsize=-1"), "part swap"),
    ("log-inside", ("\n%post\n", "\n%post --log=../../etc/passwd\n"), "%post --log"),
    ("log-inside", ("\n%post\n", "\n%post --log=/root/../etc/passwd\n"), "%post --log"),
    ("one-root", ("\nreboot\n", "\nuser --name=toor --uid=0\nreboot\n"), "user --name=toor"),
    ("one-root", ("\nreboot\n", "\nuser --name=toor --uid=-1\nreboot\n"), "user --name=toor"),
    ("ksvalidator", ("\nfirewall --disabled", "\nfirewal --disabled"), "firewal"),
    ("ksvalidator", ("\nzerombr", "\nzerombr yes"), "zerombr yes"),
    ("zerombr", ("\nzerombr\n", "\n"), "CentOS"),
    ("zerombr", ("\nzerombr", "\nzerombr yes"), "zerombr yes"),
    ("sizes-fit", ("--size=1024 --grow", "--size=18432"), "part /"),
    ("sizes-fit", ("--size=1024 --grow", "--size=18432 --grow"), "part /"),
    ("desktop-starts", ("--startxonboot ", ""), "@gnome-desktop"),
    ("authorized-key", (KEY, ""), "%post"),
    ("authorized-key", (".ssh/authorized_keys <<", ".ssh/keys <<"), None),
    ("old-key", (KEY, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me"), "ssh-ed25519"),
    ("tree-address", ("http://10.0.2.2:8055/", "https://vault.centos.org/5.5/"), "url"),
    ("tree-address", (":8055/", ":8056/"), "url"),
    ("answers-all", ("\nkey --skip", ""), "CentOS"),
    ("answers-all", ("\nreboot", ""), "CentOS"),
    ("has-packages", ("\nkernel-xen\n", "\n"), "%packages"),
    ("has-packages", ("\nsysstat\n", "\n"), "%packages"),
    ("root-on-screen", ("mingetty --autologin root", "mingetty"), "%post"),
    ("root-on-screen", ("\n%post", "\n%post\necho AutomaticLogin=root > /etc/gdm/custom.conf"), "AutomaticLogin"),
    ("any-card", ("'/^HWADDR/d'", "'/^UUID/d'"), "%post"),
    ("sudo-without-terminal", ("Defaults *requiretty", "Defaults *env_reset"), "%post"),
]


def check(folder: Path, text: str) -> list[tuple[str, str]]:
    """Return the rules that are broken, each with the text of the line that it names."""
    file = folder / "centos-5.5.ks"
    file.write_text(text)
    found = check_kickstart(read_kickstart(file), anaconda=True)
    lines = text.splitlines()
    return [(finding.rule, lines[finding.line - 1]) for finding in found]


def test_the_shipped_file_breaks_none(tmp_path: Path) -> None:
    assert check(tmp_path, SHIPPED) == []


@pytest.mark.parametrize(("rule", "change", "where"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_copy_is_found(rule: str, change: tuple[str, str], where: str | None, tmp_path: Path) -> None:
    assert SHIPPED.count(change[0]) >= 1
    found = check(tmp_path, SHIPPED.replace(*change))
    assert rule in [name for name, _ in found]
    if where:
        assert all(where in line for name, line in found if name == rule)


def test_every_rule_has_a_broken_copy() -> None:
    rules = {rule.__name__.replace("_", "-") for rule in (*RULES, *ANACONDA_RULES)}
    assert rules == {name for name, _, _ in BROKEN} - {"ksvalidator"}


def check_other(folder: Path, data: bytes) -> list[tuple[str, int]]:
    """Return rule and line of what is wrong with another guest OS's file."""
    file = folder / "other.ks"
    file.write_bytes(data)
    return [(finding.rule, finding.line) for finding in check_kickstart(read_kickstart(file), anaconda=False)]


RECORDED = ROOT / "kickstart"
# Old ways to write a file that are right for RHEL 5, each with all that may be found in it.
VALID = [
    ("nobase", []),
    ("recommended-swap", [("authorized-key", 1)]),
    ("percent-in-script", []),
]


@pytest.mark.parametrize(("name", "found"), VALID)
def test_what_is_unusual_and_right(name: str, found: list[tuple[str, int]], tmp_path: Path) -> None:
    assert check_other(tmp_path, (RECORDED / f"{name}.ks").read_bytes()) == found


def test_a_line_of_a_script_that_begins_with_percent_does_not_end_it(tmp_path: Path) -> None:
    text = (RECORDED / "percent-in-script-old-key.ks").read_text()
    found = check(tmp_path, text)
    assert ("old-key", text.splitlines()[-1]) in found
    assert "authorized-key" not in dict(found)


@pytest.mark.parametrize("option", ["--onpart=sda1", "--usepart=sda1", "--recommended"])
def test_a_size_that_is_not_told_is_not_counted(option: str, tmp_path: Path) -> None:
    rules = dict(check(tmp_path, SHIPPED.replace("part swap --size=2048", f"part swap {option}")))
    assert not {"sizes-fit", "positive-sizes"} & rules.keys()
    found = check(tmp_path, SHIPPED.replace("part swap", f"part /home {option}\npart swap").replace("1024", "18432"))
    assert "sizes-fit" in dict(found)


@given(data=st.data())
@settings(examples(300), derandomize=True)
def test_a_file_that_is_cut_or_changed_gives_findings(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = SHIPPED.encode()
    start, end = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(text))])))
    middle = data.draw(st.sampled_from([b"", b"-", b"'", b"\xe9", b"%", b"\n%packages ", text[start:end] * 2]))
    check_other(tmp_path_factory.getbasetemp(), text[:start] + middle + text[end:])


# An unusual line, and its finding: (what is put before `reboot` of a whole file, rule).
UNUSUAL = [
    ("# caf\xe9", "encoding"),
    ("user --name='x", "ksvalidator"),
    ('""', "ksvalidator"),
    ("frobnicate --hard", "ksvalidator"),
    ("part --size", "ksvalidator"),
    ("part swap --size=many", "ksvalidator"),
    ("%addon org_fedora", "ksvalidator"),
    ("%include", "no-include"),
    ("%packages\n@ --nodefaults --optional", "ksvalidator"),
    ("%packages --frobnicate", "ksvalidator"),
    ("%post --log='x", "ksvalidator"),
    ("%post --interpreter", "ksvalidator"),
]


@pytest.mark.parametrize(("line", "rule"), UNUSUAL)
def test_an_unusual_line_is_a_finding_and_hides_no_other(line: str, rule: str, tmp_path: Path) -> None:
    other = "user --name=toor --uid=0\n"
    text = f"zerombr\n{line}\n%packages\n@core\n%post\n{{}}".replace("{}", f"echo {KEY} > /root/.ssh/authorized_keys\n")
    found = check_other(tmp_path, (other + text).encode("latin-1"))
    assert rule in dict(found)
    assert ("one-root", 1) in found
    assert dict(found)[rule] in (3, 4)
    assert "authorized-key" not in dict(found)


@pytest.mark.parametrize(("root", "fits"), [(18417, True), (18418, True), (18424, False), (18432, False)])
def test_the_last_size_that_fits(root: int, fits: bool, tmp_path: Path) -> None:
    found = check(tmp_path, SHIPPED.replace("--size=1024 --grow", f"--size={root}"))
    assert ([name for name, _ in found] == []) is fits


def test_the_kits_own_installer_is_not_asked_for_anacondas_answers(tmp_path: Path) -> None:
    file = tmp_path / "other.ks"
    file.write_text("lang en_US\nzerombr\npart / --size=1000\n%post\n"
                    f"cat > /root/.ssh/authorized_keys <<KEY\n{KEY}\nKEY\n")  # fmt: skip
    assert check_kickstart(read_kickstart(file), anaconda=False) == []


def test_no_word_of_the_machine_the_kit_was_made_on() -> None:
    """What is taken from the tree comes from the builder, and from nowhere else."""
    addresses = [line for line in SHIPPED.splitlines() if "://" in line and not line.startswith("#")]
    assert addresses == ["url --url=http://10.0.2.2:8055/os/x86_64"]
