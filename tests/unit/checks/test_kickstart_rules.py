"""Each rule holds for the shipped kickstart file, and is shown to fail on a copy that breaks it."""

from pathlib import Path

import pytest

from lab.lint.kickstart import read_kickstart
from lab.lint.rules import ANACONDA_RULES, RULES, TEXT_RULES, check_kickstart
from lab.media.manifest import KICKSTARTS

SHIPPED = (KICKSTARTS / "centos-5.5.ks").read_text()
KEY = SHIPPED.split("<<KEY\n")[1].split("\nKEY")[0]

# The rule, what of the shipped file is replaced by what, and a word of the finding's line.
BROKEN = [
    ("no-end", ("\n%post", "\n%end\n%post"), "%end"),
    ("no-end", ("\nMENU\nfi\n", "\nMENU\nfi\n%end\n"), "%end"),
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
    rules = {rule.__name__.replace("_", "-") for rule in (*TEXT_RULES, *RULES, *ANACONDA_RULES)}
    assert rules == {name for name, _, _ in BROKEN} - {"ksvalidator"}


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
