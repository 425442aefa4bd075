"""A number's derivation as text for a terminal."""

from report.tools.trace import Trace


def as_text(found: Trace) -> str:
    """Return what `report.trace` prints."""
    place = found.place
    where = f", {place.stage.upper() if place.stage.startswith('vm-') else place.stage}" if place.stage else ""
    lines = [f"{place.table.capitalize()}, {place.title}{where}, {place.number}: {found.value:.10g} {found.unit}"]
    lines.append(f"  derivation: {found.derivation}")
    for it in found.origins:
        lines.append(
            f"  measurements.csv line {it.line}: repeat {it.repeat}, {it.meter} {it.metric} = {it.value:.10g} {it.unit}"
        )
        lines.append(f"    capture: {it.capture}")
        lines.append(f"    command: {it.command or 'not recorded by this study'}")
        lines.append(f"    sha256:  {it.sha256 or 'not recorded by this study'}")
    return "\n".join(lines)
