"""Whose programs the controller uses: this machine's, or those of the tools tree; and whether the tree can be used."""

import shlex

from core.diagnosis import Finding, facts, verdicts
from lab.doctor.check import Check, Wanted
from lab.tools_tree.facts import MARK, SCRIPTS

_NAME = "tools"
# enter.sh prints an error in two lines, "hvlab: ..." and "  hint: ...".
_LINE = f"""\
[ -e {MARK} ] && {{ echo "tree=$(cat {MARK})"; echo "debian=$(cat /etc/debian_version)"; exit 0; }}
sh {shlex.quote(str(SCRIPTS / "enter.sh"))} --check 2>&1 | sed 's/^hvlab: /lacks=/; s/^ *hint: /hint=/'
echo checked=yes
"""


def _judge(text: str, wanted: Wanted) -> Finding:
    ok, warn, _ = verdicts(_NAME)
    output = facts(text)
    if output.get("tree"):
        return ok(f"the tools tree {output['tree']}, Debian {output.get('debian', 'of unknown version')}")
    machine = "this machine's programs"
    if output.get("lacks"):
        todo = output.get("hint") or "see docs/how-to/tools.md"
        return warn(f"{machine}; the tools tree cannot be used: {output['lacks']}", todo)
    if output.get("checked") != "yes":
        return warn(f"{machine}; whether the tools tree can be used was not seen", "./invoke doctor on the controller")
    return ok(f"{machine}; HVLAB_TOOLS=tree would use the tools tree")


CHECKS = (Check(_NAME, lambda wanted: _LINE, _judge, controller=True),)
