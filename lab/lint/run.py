"""All checks of this project's guest files."""

from pathlib import Path

from core.paths import PROJECT
from lab.lint.finding import Finding
from lab.lint.kickstart import read_kickstart
from lab.lint.packer import VARIABLES, check_var_file, well_formed
from lab.lint.rules import check_kickstart
from lab.media.manifest import SUFFIX


def check_project(project: Path = PROJECT) -> tuple[int, list[Finding]]:
    """Check kickstart files, Packer's template and its variables.

    Returns:
        How many files were checked, and what is wrong, with paths below `project`.
    """
    kickstarts, packer = project / "guest-kickstart", project / "packer"
    found: list[Finding] = []
    files = sorted(kickstarts.glob("*.ks"))
    for file in files:
        anaconda = file.with_suffix("").with_name(f"{file.stem}{SUFFIX}").is_file()
        found += check_kickstart(read_kickstart(file), anaconda=anaconda)
    hcl = sorted(packer.rglob("*.hcl"))
    for file in hcl:
        found += well_formed(file)
        if file.name.endswith(VARIABLES):
            found += check_var_file(file, packer / "guest.pkr.hcl", kickstarts)
    return len(files) + len(hcl), sorted({_below(finding, project) for finding in found})


def _below(finding: Finding, project: Path) -> Finding:
    path = finding.path.relative_to(project) if finding.path.is_relative_to(project) else finding.path
    return Finding(path, finding.line, finding.rule, finding.words)
