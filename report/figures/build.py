"""The paper's figures: each from its numbers, with the words and alternative texts of the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from jinja2 import Environment
from markupsafe import Markup

from dataset.models import StudyInfo
from report.data.names import PRINTED, PROVIDERS
from report.figures import resources
from report.figures.capacity import SHOWN_MIB, capacity_figure
from report.figures.settling import settling_figure
from report.figures.topology import Layers, topology_figure
from report.recommendation.recommendation import Advice
from report.recommendation.results import Results
from report.tables.settling import Curve, settling_times


@dataclass(frozen=True)
class Drawn:
    """What the figures are drawn from.

    Attributes:
        environment: Where the templates with words and alternative texts are.
        study: The study.
        found: What was worked out from its measurements.
        advice: Its guidance.
        curves: How its host came to rest.
    """

    environment: Environment
    study: StudyInfo
    found: Results
    advice: Advice
    curves: Sequence[Curve]

    def all(self) -> Mapping[str, Markup | None]:
        """Draw all figures; one of which nothing was read is None."""
        found, words = self.found, self._words
        memory = cpu = disk = capacity = settling = None
        if found.table3.used or found.taken.cells:
            memory = resources.memory_figure(found.table3, found.taken, words, self._alt("memory"))
        if found.cpu.cells:
            cpu = resources.cpu_figure(found.cpu, words, self._alt("cpu"))
        if any(folder.apparent or folder.allocated for folder in found.disk.folders):
            disk = resources.disk_figure(found.disk, words, self._alt("disk"))
        if self.advice.capacity.full:
            capacity = capacity_figure(self.advice.capacity, words, self._alt("capacity"))
        if self.curves:
            settling = settling_figure(self.curves, words, self._alt("settling"))
        topology = topology_figure(self._layers(), self._alt("topology"))
        return {
            "topology": topology,
            "memory": memory,
            "cpu": cpu,
            "disk": disk,
            "capacity": capacity,
            "settling": settling,
        }

    @cached_property
    def _words(self) -> Mapping[str, str]:
        words: Mapping[str, str] = self.environment.get_template("words.txt.j2").module.figure  # type: ignore[attr-defined]
        return words

    def _alt(self, name: str) -> str:
        text = self.environment.get_template(f"alt/{name}.txt.j2").render(
            r=self.found,
            study=self.study,
            advice=self.advice,
            settling=settling_times(self.curves),
            shown_sizes=SHOWN_MIB,
            providers=PROVIDERS,
        )
        return " ".join(text.split())

    def _layers(self) -> Layers:
        """Name what carries what, from the study's parameters and versions; what it does not tell is not drawn."""
        words, parameters, environment = self._words, self.study.parameters, self.study.environment
        sizes = [(parameters.guest_memory_mib, "guest_memory"), (parameters.guest_disk_gib, "guest_disk")]
        below = [words[key].format(f"{size:g}") for size, key in sizes if size is not None]
        system = [parameters.guest_os] if parameters.guest_os else []
        guests = [[f"server{number}", *system, *below] for number in range(1, parameters.guests + 1)]
        names = [PRINTED[p] for p in parameters.providers or PROVIDERS]
        parts = {it.part: it.value for it in environment.hardware}
        machine = "; ".join(parts[part] for part in ("CPU", "Memory") if part in parts)
        kernel = environment.versions.get("kernel")
        host = environment.versions.get("host operating system") or (f"Linux {kernel}" if kernel else None)
        layers = [
            [words["one_of"].format(" / ".join(names))],
            [words["host_system"].format(host) if host else words["host"]],
            [words["lab_host"] if environment.kind == "nested" else words["hardware"], *([machine] if machine else [])],
        ]
        if environment.kind == "nested":
            emulator = environment.controller.get("qemu")
            layers.append([words["controller"], *([str(emulator)] if emulator else [])])
        return Layers(guests, layers)
