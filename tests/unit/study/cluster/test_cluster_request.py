"""What can be said of a cluster before there is one."""

from pathlib import Path

import pytest

from lab.hosts import preflight
from lab.settings import Settings, on_host
from study.cluster.inputs import Inputs
from study.cluster.request import ClusterRequest, SshWorker, parse_workers, read_batch_file
from tests.support.errors import raises_code


def test_one_of_them_or_none() -> None:
    assert not ClusterRequest().asked
    assert ClusterRequest(jobs=2).asked
    ClusterRequest(scheduler="tls://host:8786").check(Settings())
    with raises_code("bad-option", "--jobs and --scheduler"):
        ClusterRequest(2, "tcp://host:8786").check(Settings())
    with raises_code("bad-option", "--scheduler=host"):
        ClusterRequest(scheduler="host").check(Settings())
    with raises_code("bad-option", "--jobs=-1"):
        ClusterRequest(-1).check(Settings())
    with raises_code("cluster-needs-nested", "local"):
        ClusterRequest(2).check(on_host(Settings(), "local"))


def test_machines_over_ssh() -> None:
    first, second, third = parse_workers("ssh://a/tree, ssh://me@b.example:2222/home/me/tree,ssh://[fd00::1]")
    assert first == SshWorker("a", "", 0, "/tree")
    assert second.options() == {"username": "me", "port": 2222}
    assert third.host == "fd00::1"
    assert third.options() == {}
    with raises_code("bad-option", "'b'"):
        parse_workers("ssh://a,b")


def test_a_batch_systems_file(tmp_path: Path) -> None:
    file = tmp_path / "slurm.toml"
    file.write_text('kind = "SLURMCluster"\nworkers = 4\n[options]\ncores = 2\n')
    assert read_batch_file(file).options == {"cores": 2}
    for text, word in (('kind = "SLURMCluster"\n', "workers"), ("kind", "TOML"), ('kind = "os"\nworkers = 1', "kind")):
        file.write_text(text)
        with raises_code("bad-cluster-file", word):
            read_batch_file(file)
    with raises_code("bad-cluster-file", "No such file"):
        read_batch_file(tmp_path / "none.toml")


def test_inputs_are_compared_by_name() -> None:
    ours = Inputs("a" * 64, "b" * 64, "kvm")
    assert ours.differences(ours) == ""
    assert ours.differences(Inputs("a" * 64, "c" * 64, "tcg")) == "other images (bbbbbbbbbbbb, not cccccccccccc), " \
        "other accelerator (kvm, not tcg)"  # fmt: skip


def test_as_many_labs_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_available_mib", lambda: 16000)
    monkeypatch.setattr(preflight, "_free_gib", lambda folder: 99)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert preflight.labs_that_fit(Settings()) == {"memory": 3, "disk": 19, "processors": 2}
    preflight.require_labs_fit(Settings(), 3)
    with raises_code("too-many-labs", "4 lab hosts", "3 by memory"):
        preflight.require_labs_fit(Settings(), 4)
