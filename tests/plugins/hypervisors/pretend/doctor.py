"""Check `pretend`: whether its tool is there."""

from core.diagnosis import Finding, facts, verdicts
from hypervisors.doctor import HypervisorCheck, Subject

_NAME = "pretend"


def _judge(text: str, subject: Subject) -> Finding:
    ok, warn, fail = verdicts(_NAME)
    tool = facts(text).get("tool")
    if tool:
        return ok(tool)
    return (fail if subject.required else warn)("no pretendctl", "install pretend")


CHECK = HypervisorCheck(_NAME, "echo tool=$(command -v pretendctl)\n", _judge)
