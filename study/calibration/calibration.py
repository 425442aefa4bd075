"""A calibration from its beginning to its verdict, provider by provider; one that dies is started again."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.files import write_atomic
from core.paths import CALIBRATIONS
from dataset.calibration import CALIBRATION_FILE, Calibration, load, newest, save
from dataset.files import sha256_of
from dataset.folder import new_folder
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.active_lab import ActiveLab
from lab.hosts.preflight import check_room
from lab.images.origin import absence, chosen
from lab.lifecycle import Lab
from lab.settings import Settings
from study.calibration.runner import Calibrator, parameters


def calibrate(settings: Settings, providers: tuple[str, ...], root: Path, active: ActiveLab) -> Path:
    """Run a calibration and return its folder, whatever its verdict (`require_passed` checks it).

    Args:
        settings: All parameters; the lab host and the one guest get no X session, and the guest no memory load,
            whatever these say.
        providers: Names; none: those of the settings.
        root: Folder of all calibrations.
        active: The lab of the work tree; off.

    Raises:
        HvlabError: A provider could not be calibrated, or the lab is in use.
    """
    chosen_ones, left_out = chosen(settings, providers)
    for title in left_out.values():
        say(f"{title} is not calibrated: {absence(title, settings.lab_host.release)}")
    with active.acquire():
        active.require_off()
        check_room(settings)
        lab = Lab(still(settings))
        calibration = Calibration(
            id="none yet",
            created=datetime.now(UTC).replace(microsecond=0),
            image=image_key(lab),
            accelerator=lab.host.accelerator,
            guest_os=settings.topology.os,
            parameters={
                **parameters(),
                "lab_host": settings.lab_host.model_dump(),
                "readings": settings.study.model_dump(exclude={"providers", "repeats", "most_repeats"}),
                "settle": settings.settle.model_dump(),
                "factors": settings.factors.model_dump(),
                "thp_for": {
                    name: each.calibration.huge_pages
                    for name, each in all_hypervisors().items()
                    if each.calibration.huge_pages
                },
            },
            providers=[],
        )

        def fill(folder: Path, name: str) -> None:
            calibration.id = name
            save(folder, calibration)

        folder = new_folder(root, calibration.created, fill)
        failures = []
        for name in chosen_ones:
            try:
                _provider(Lab(still(settings, name)), folder, calibration, name)
            except HvlabError as error:
                failures.append(f"{name}: {error.message}")
        if failures:
            raise HvlabError(
                f"not calibrated: {'; '.join(failures)}", f"the others are in {folder}", code="not-calibrated"
            )
        calibration.finished = datetime.now(UTC).replace(microsecond=0)
        save(folder, calibration)
    return folder


def still(settings: Settings, provider: str = "") -> Settings:
    """Return a calibration's settings: without X sessions and memory load, which the meters do not depend on."""
    topology = settings.topology.model_copy(update={"session": "text", "memory_load_mib": 0})
    own = get_hypervisor(provider).calibration.huge_pages if provider else None
    factors = settings.factors.model_copy(update={"thp": own or settings.factors.thp})
    bare = settings.lab_host.model_copy(update={"desktop": False})
    return settings.model_copy(update={"topology": topology, "factors": factors, "lab_host": bare})


def _provider(lab: Lab, folder: Path, calibration: Calibration, name: str) -> None:
    """Calibrate under one provider; a lab that dies is booted again, `study.attempts` times in all.

    Raises:
        HvlabError: It died as often.
    """
    attempts = lab.settings.study.attempts
    for attempt in range(1, attempts + 1):
        say(f"{get_hypervisor(name).title}: calibration", style="bold")
        calibrator = Calibrator(lab, folder, name)
        try:
            result = calibrator.calibrate()
        except HvlabError as error:
            say(str(error), about=f"{name} died")
            calibration.again.append(f"{name}: {error.message}")
            shutil.rmtree(folder / "runs" / name, ignore_errors=True)
            if attempt == attempts:
                raise
        else:
            break
    calibration.rows += result.rows
    calibration.given += result.given
    calibration.again += result.again
    calibration.providers.append(name)
    save(folder, calibration)


def require_passed(folder: Path) -> None:
    """Check that every calibrated meter is within its tolerance.

    Raises:
        HvlabError: One is not.
    """
    calibration = load(folder)
    if failed := calibration.failed:
        first = failed[0]
        raise HvlabError(
            f"{len(failed)} of {len(calibration.rows)} readings are off by more than the tolerance, first"
            f" {first.provider} {first.step}: {first.meter} {first.metric} by {first.error:+.2f} {first.unit}",
            f"the captures are in {folder}",
            code="calibration-off",
        )


def image_key(lab: Lab) -> str:
    """Return the key of the lab host (of the nested one: of its image): what a calibration and a study must share."""
    return lab.host.key


def adopt(lab: Lab, study_dir: Path, providers: Sequence[str]) -> dict[str, str | None]:
    """Copy the newest calibration on the same lab host image into a study; the report needs the study's folder only.

    Args:
        lab: The study's lab.
        study_dir: Its folder, among all studies; the calibrations' folder lies beside these.
        providers: The study's.

    Returns:
        For the journal: the calibration's name and the SHA-256 of the study's copy; None if there is none for this lab.
    """
    found = newest(study_dir.parent.with_name(CALIBRATIONS.name), image_key(lab), providers)
    if found is None:
        return {"calibration": None, "sha256": None}
    copy = study_dir / CALIBRATION_FILE
    write_atomic(copy, (found / CALIBRATION_FILE).read_bytes())
    return {"calibration": found.name, "sha256": sha256_of(copy)}
