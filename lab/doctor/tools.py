"""The controller's programs: Vagrant and its plugins, Packer, QEMU, Python, the report's libraries."""

from core.diagnosis import Finding, facts, verdicts
from hypervisors.registry import all_hypervisors
from lab.doctor.check import NESTED, Check, Wanted

_PYTHON = (3, 11)


def _installed(name: str, seen: str, package: str, apt: bool) -> Finding:
    """Judge a program that the kit's commands install by themselves where there is apt."""
    ok, warn, fail = verdicts(name)
    if seen:
        return ok(seen)
    if apt:
        return warn("not installed", f"the command that needs it installs it: {package}")
    return fail("not installed, and no apt-get", f"install {package}; the controller runs on Debian 12 or later")


_APT = "echo apt=$(command -v apt-get)\n"
# Vagrant is not run for the list of its plugins: it would make its folder. It keeps them in these files.
_VAGRANT_LINE = (
    _APT
    + """\
echo version=$(vagrant --version 2>/dev/null)
cat /usr/share/vagrant-plugins/plugins.d/*.json "${VAGRANT_HOME:-$HOME/.vagrant.d}/plugins.json" 2>/dev/null |
  grep -o '"vagrant-[a-z0-9-]*" *: *{' | tr -d '": {' | sort -u | sed 's/^/plugin /'
dpkg-query -W -f 'version ${Package} ${Version}\n' 'vagrant-*' 2>/dev/null
exit 0
"""
)


def _vagrant(text: str, wanted: Wanted) -> Finding:
    output = facts(text)
    return _installed("vagrant", output.get("version", ""), "vagrant", bool(output.get("apt")))


def _plugins(text: str, wanted: Wanted) -> Finding:
    name = "vagrant-plugins"
    rows = [line.split() for line in text.splitlines()]
    found = [row[1] for row in rows if row[:1] == ["plugin"] and len(row) == 2]
    versions = {row[1]: row[2] for row in rows if row[:1] == ["version"] and len(row) == 3}
    using = [each for each in all_hypervisors().values() if wanted.provider in (None, each.name)]
    needed = dict.fromkeys(plugin for each in using for plugin in each.controller.vagrant_plugins)
    missing = [plugin for plugin in needed if plugin not in found]
    if not missing:
        shown = [f"{plugin} {versions[plugin]}" if plugin in versions else plugin for plugin in found]
        return verdicts(name)[0](", ".join(shown) or "none, and none needed")
    lacking = _installed(name, "", " ".join(missing), bool(facts(text).get("apt")))
    return lacking.model_copy(update={"seen": f"{', '.join(missing)} {lacking.seen}"})


# Packer is not run either: even for its version it makes a temporary file.
_PACKER_LINE = (
    _APT
    + """\
p=$(command -v packer) || exit 0
v=$(dpkg-query -W -f '${Version}' packer 2>/dev/null)
echo "version=${v:-unknown, $p}"
"""
)
_QEMU_LINE = (
    _APT
    + "echo version=$(qemu-system-x86_64 --version 2>/dev/null | head -n 1)\n"
    + "echo image=$(qemu-img --version 2>/dev/null | head -n 1)\n"
)


def _packer(text: str, wanted: Wanted) -> Finding:
    output = facts(text)
    version = f"Packer {output['version']}" if output.get("version") else ""
    return _installed("packer", version, "packer", bool(output.get("apt")))


def _qemu(text: str, wanted: Wanted) -> Finding:
    output = facts(text)
    both = output.get("version", "") if output.get("image") else ""
    return _installed("qemu", both, "qemu-system-x86 and qemu-utils", bool(output.get("apt")))


_PYTHON_LINE = """\
echo version=$("${HVLAB_PYTHON:-python3}" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
echo venv=$("${HVLAB_PYTHON:-python3}" -B -c 'import ensurepip, venv; print("yes")' 2>/dev/null)
"""


def _python(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts("python")
    output = facts(text)
    if not output.get("version"):
        return fail("no python3", "install python3, or set HVLAB_PYTHON")
    seen = f"Python {output['version']}"
    if tuple(int(part) for part in output["version"].split(".")[:2]) < _PYTHON:
        return fail(f"{seen}, 3.11 needed", "set HVLAB_PYTHON to a newer one")
    if output.get("venv") != "yes":
        return warn(f"{seen} without venv", "./invoke installs it: python3-venv")
    return ok(seen)


_REPORT_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
_REPORT_LINE = (
    _APT
    + """\
{ ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null |
  sed -n 's/^[[:space:]]*\\(lib\\(pango\\|harf\\)[^ ]*\\) .*/library \\1/p'
echo font=$(find /usr/share/fonts -name 'DejaVuSans.ttf' 2>/dev/null | head -n 1)
"""
)


def _report(text: str, wanted: Wanted) -> Finding:
    name = "report-libraries"
    output = facts(text)
    there = {line.removeprefix("library ") for line in text.splitlines() if line.startswith("library ")}
    lacking = [library for library in _REPORT_LIBRARIES if library not in there]
    lacking += [] if output.get("font") else ["DejaVu fonts"]
    if not lacking:
        return verdicts(name)[0]("Pango, HarfBuzz, DejaVu fonts")
    packages = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
    missing = _installed(name, "", packages, bool(output.get("apt")))
    return missing.model_copy(update={"seen": f"{', '.join(lacking)}: {missing.seen}"})


CHECKS = (
    Check("vagrant", lambda wanted: _VAGRANT_LINE, _vagrant, controller=True),
    Check("vagrant-plugins", lambda wanted: _VAGRANT_LINE, _plugins, controller=True),
    Check("packer", lambda wanted: _PACKER_LINE, _packer, controller=True),
    Check("qemu", lambda wanted: _QEMU_LINE, _qemu, NESTED, controller=True),
    Check("python", lambda wanted: _PYTHON_LINE, _python, controller=True),
    Check("report-libraries", lambda wanted: _REPORT_LINE, _report, controller=True),
)
