"""A study that is killed at any moment goes on where it was; finished runs are neither lost nor taken again."""

import json

from study.plan import parameter_differences


def test_unlike_names_what_differs() -> None:
    one = {"guests": 4, "seed": 1, "repeats": 1, "lab_host": {"vcpus": 2}, "disk_strategy": {"kvm": "a"}}
    other = {"guests": 4, "seed": 2, "repeats": 9, "lab_host": {"vcpus": 4}, "disk_strategy": {"xen": "b"}, "new": 1}
    assert parameter_differences(one, other) == ["lab_host.vcpus (2 and 4)", "new (None and 1)"]
    assert parameter_differences(one, json.loads(json.dumps(one))) == []
