"""The replication section: what the templates print of a study beside the published one."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.paths import PROJECT
from dataset import Dataset, load
from dataset.models import StudyInfo
from report.data.readings import Readings
from report.recommendation.results import results
from report.replication.claims import ABOUT_SHARE, read_claims
from report.replication.comparison import Comparison, Verdict
from report.replication.hidden_memory import Hidden, Rounding, hidden_free, rounding
from report.replication.published_numbers import Number, compare_numbers
from report.replication.rereading import Rereading, reread
from report.replication.verdicts import Finding, check_claims
from report.tables.memory import Table3
from report.tables.quantities import Quantities

REFERENCE = PROJECT / "reference" / "paper-2011"
VERDICTS: tuple[Verdict, ...] = ("reproduced", "not reproduced", "cannot tell", "not comparable")
VERDICTS_OF_ITSELF: tuple[Verdict, ...] = ("consistent", "not consistent", "not comparable")


@dataclass(frozen=True)
class Replication:
    """A study beside the published one.

    Attributes:
        reference: The published study.
        itself: Whether the study is the published one.
        claims: What the study says to each claim.
        published: What the published study's own tables say to each, by the claim's id.
        reread: What the published study misread.
        numbers: Each published number beside the study's; none beside itself.
        titles: Names in print of the published study's hypervisors.
        reasons: By the name of a need of a single hypervisor: what is printed where the study does not share it.
        about: The share of an amount that the text calls "about" which is allowed to either side.
        hidden: Memory that `free` did not show.
        rounding: Rows of Table 3 that do not add up.
    """

    reference: StudyInfo
    itself: bool
    claims: list[Finding]
    published: Mapping[str, Finding]
    reread: Rereading
    numbers: list[Number]
    titles: Mapping[str, str]
    reasons: Mapping[str, str]
    about: float
    hidden: list[Hidden]
    rounding: Rounding

    @property
    def claim_counts(self) -> list[tuple[Verdict, int]]:
        """How many claims have each verdict."""
        return [(verdict, sum(it.verdict == verdict for it in self.claims)) for verdict in self._verdicts]

    @property
    def number_counts(self) -> list[tuple[Verdict, int]]:
        """How many numbers have each verdict."""
        return [(verdict, sum(it.verdict == verdict for it in self.numbers)) for verdict in self._verdicts]

    @property
    def _verdicts(self) -> tuple[Verdict, ...]:
        return VERDICTS_OF_ITSELF if self.itself else VERDICTS


def replicate(dataset: Dataset, quantities: Quantities, table3: Table3) -> Replication:
    """Compare a study with the published one.

    Args:
        dataset: The study.
        quantities: Its numbers.
        table3: Its Table 3.

    Raises:
        HvlabError: The reference dataset or its claims cannot be read.
    """
    reference = load(REFERENCE)
    titles = {it.name: it.title for it in reference.study.hypervisors}
    claims = read_claims(REFERENCE / "claims.toml", titles)
    beside = Comparison(dataset.study, reference.study, quantities, claims.needs)
    readings = Readings(reference.measurements, reference.study)
    printed = results(reference, readings)
    given = reference.study.parameters.guest_memory_mib
    of_print = Quantities(readings, printed.memory_in_use, printed.costs, guest_mib=given)
    own = check_claims(claims, Comparison(reference.study, reference.study, of_print, claims.needs))
    # Beside its own numbers every number of the reference is reproduced, which says nothing.
    itself = dataset.study.id == reference.study.id
    return Replication(
        reference=reference.study,
        itself=itself,
        claims=check_claims(claims, beside),
        published={it.claim.id: it for it in own},
        reread=reread(printed, hidden_free(printed.table3, reference.study.hypervisors)),
        numbers=[] if itself else compare_numbers(reference.measurements, beside),
        titles=titles,
        reasons={name: need.reason for name, need in claims.needs.items()},
        about=ABOUT_SHARE,
        hidden=hidden_free(table3, dataset.study.hypervisors),
        rounding=rounding(table3),
    )
