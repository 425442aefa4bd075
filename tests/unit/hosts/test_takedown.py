"""What undoes a lab on a host that is not ours, on stand-ins for its tools: the lab's own goes, the rest stays."""

from pathlib import Path

from lab.hosts.takedown import master_of


def test_the_machine_that_clones_stand_on(tmp_path: Path) -> None:
    assert master_of(tmp_path) == ""
    note = tmp_path / "vagrant" / "virtualbox" / "master_id"
    note.parent.mkdir(parents=True)
    note.write_text("b1f2\n")
    assert master_of(tmp_path) == "b1f2"
