"""The ISO starts on a PC, has a prompt, and holds the program; the RAM disk holds what its script calls."""

from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.installer import main
from lab.installer.ramdisk import FILES


def test_the_prompt_waits_for_packers_line() -> None:
    lines = [line.split() for line in (FILES / "isolinux.cfg").read_text().splitlines()]
    assert ["prompt", "1"] in lines
    assert ["timeout", "0"] in lines
    assert ["label", "linux"] in lines
    (append,) = (line for line in lines if line[:1] == ["append"])
    # The last console is /dev/console, where the installer speaks: the serial line, which the controller reads.
    assert [word for word in append if word.startswith("console=")][-1] == "console=ttyS0,115200"


def test_the_prompt_takes_what_the_boot_command_types() -> None:
    text = (PROJECT / "packer/debian-12.pkrvars.hcl").read_text()
    assert '["linux ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/debian-12.ks<enter>"]' in text
    assert (PROJECT / "guest-kickstart/debian-12.ks").is_file()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lvm\n", "hvlab-installer: failed: line 1: this installer does not know the command 'lvm'"),
        ("", "hvlab-installer: failed: the kickstart file does not say: lang, keyboard"),
    ],
)
def test_refuses_before_it_touches_anything(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ks").write_text(text)
    assert main.main(tmp_path / "ks", tmp_path / "no-medium", tmp_path / "target") == main.REFUSED
    assert capsys.readouterr().out.startswith(says)
    assert not (tmp_path / "target").exists()
