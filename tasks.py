"""hvlab's commands: which there are, and what they are called; what each does is in commands/."""

from collections.abc import Sequence
from typing import Any

from invoke.collection import Collection

from commands import doctor, image, lab, project, report, study


def _collect(**groups: Sequence[Any]) -> Collection:
    namespace = Collection()
    for name, members in groups.items():
        part = Collection(name)
        for member in members:
            part.add_task(member, name=member.__name__.removeprefix(f"{name}_").replace("_", "-"))
        namespace.add_collection(part)
    return namespace


namespace = _collect(
    image=(
        image.image_host,
        image.image_guest,
        image.image_fetch,
        image.image_check,
        image.image_list,
        image.image_prune,
        image.image_export,
        image.image_import,
    ),
    lab=(lab.lab_up, lab.lab_status, lab.lab_ssh, lab.lab_console, lab.lab_screenshot, lab.lab_down, lab.lab_purge),
    study=(
        study.study_run,
        study.study_all,
        study.study_sweep,
        study.study_calibrate,
        study.study_check,
        study.study_status,
        study.study_resume,
        study.study_import,
        study.study_watch,
    ),
    report=(
        report.report_pdf,
        report.report_html,
        report.report_sweep,
        report.report_data,
        report.report_trace,
        report.report_compare,
        report.report_site,
        report.report_crate,
        report.report_messages,
    ),
)
for single in (doctor.doctor, project.test, project.lint, project.bench, project.lock):
    namespace.add_task(single)
