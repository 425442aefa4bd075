"""The paper's figures: each from its numbers, with the words and alternative texts of the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from jinja2 import Environment
from markupsafe import Markup

from dataset.models import StudyInfo
from dataset.settling import Curve
from report.figures import resources
from report.figures.capacity import SHOWN_MIB, capacity_figure
from report.figures.forest import forest_figure, forest_rows
from report.figures.looks import Looks, looks_of
from report.figures.scores import scores_figure
from report.figures.settling import settling_figure
from report.figures.topology import Layers, topology_figure
from report.recommendation.recommendation import Advice
from report.recommendation.results import Results
from report.replication.section import Replication
from report.tables.settling import settling_times


@dataclass(frozen=True)
class Figures:
    """The drawn figures; one of which nothing was read is None."""

    topology: Markup
    memory: Markup | None
    cpu: Markup | None
    disk: Markup | None
    capacity: Markup | None
    settling: Markup | None
    claims: Markup | None
    scores: Markup | None


@dataclass(frozen=True)
class Drawn:
    """What the figures are drawn from.

    Attributes:
        environment: Where the templates with words and alternative texts are.
        study: The study.
        found: What was worked out from its measurements.
        advice: Its guidance.
        curves: How its host came to rest.
        replication: The study beside the published one.
    """

    environment: Environment
    study: StudyInfo
    found: Results
    advice: Advice
    curves: Sequence[Curve]
    replication: Replication

    def all(self) -> Figures:
        """Draw all figures."""
        found, words = self.found, self._words
        memory = cpu = disk = capacity = settling = None
        if found.table3.used or found.memory_in_use.cells:
            memory = resources.memory_figure(found.table3, found.memory_in_use, self._looks, words, self._alt("memory"))
        if found.cpu.cells:
            cpu = resources.cpu_figure(found.cpu, self._looks, words, self._alt("cpu"))
        if any(folder.apparent or folder.allocated for folder in found.disk.folders):
            disk = resources.disk_figure(found.disk, self._looks, words, self._alt("disk"))
        if self.advice.capacity.full:
            capacity = capacity_figure(self.advice.capacity, self._looks, words, self._alt("capacity"))
        if self.curves:
            settling = settling_figure(self.curves, self._looks, words, self._alt("settling"))
        topology = topology_figure(self._layers(), self._alt("topology"))
        rows = forest_rows(self.replication)
        claims = forest_figure(rows, words, self._alt("claims")) if rows else None
        return Figures(topology, memory, cpu, disk, capacity, settling, claims, self._scores())

    def _scores(self) -> Markup | None:
        """Draw the first decision: of guests as they were read, unless guests of another size are asked for."""
        decisions, asked = self.advice.decisions, self.advice.asked
        if asked is None or not decisions or not decisions[0].options:
            return None
        titles = {it.name: it.title for it in self.study.hypervisors}
        return scores_figure(decisions[0], asked, titles, self._words, self._alt("scores"))

    @cached_property
    def _looks(self) -> Looks:
        return looks_of(self.study.hypervisors)

    @cached_property
    def _words(self) -> Mapping[str, str]:
        template = self.environment.get_template("words.txt.j2")
        words: Mapping[str, str] = template.make_module({"hypervisors": self.study.hypervisors}).figure  # type: ignore[attr-defined]
        return words

    def _alt(self, name: str) -> str:
        text = self.environment.get_template(f"alt/{name}.txt.j2").render(
            results=self.found,
            study=self.study,
            advice=self.advice,
            settling=settling_times(self.curves),
            shown_sizes=SHOWN_MIB,
            forest=forest_rows(self.replication),
            hypervisors=self.study.hypervisors,
            providers=list(self._looks),
        )
        return " ".join(text.split())

    def _layers(self) -> Layers:
        """Name what carries what, from the study's parameters and versions; what is unknown is not drawn."""
        words, parameters, environment = self._words, self.study.parameters, self.study.environment
        sizes = [(parameters.guest_memory_mib, "guest_memory"), (parameters.guest_disk_gib, "guest_disk")]
        below = [words[key].format(f"{size:g}") for size, key in sizes if size is not None]
        system = [parameters.guest_os] if parameters.guest_os else []
        guests = [[f"server{number}", *system, *below] for number in range(1, parameters.guests + 1)]
        names = [it.title for it in self.study.hypervisors]
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
