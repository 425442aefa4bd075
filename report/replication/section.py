"""The replication section: what the templates print of a study beside the published one."""

from core.paths import PROJECT
from dataset import Dataset, load
from report.replication.claims import ABOUT_SHARE, read_claims
from report.replication.published_numbers import compare_numbers
from report.replication.verdicts import check_claims
from report.replication.xen_hidden_memory import hidden_free, rounding
from report.tables.memory import Table3
from report.tables.quantities import Quantities

REFERENCE = PROJECT / "reference" / "paper-2011"
VERDICTS = ("reproduced", "not reproduced", "not comparable")


def replicate(dataset: Dataset, quantities: Quantities, table3: Table3) -> dict[str, object]:
    """Return the variables of `sections/replication.html.j2`.

    Args:
        dataset: The study.
        quantities: Its numbers.
        table3: Its Table 3.

    Raises:
        HvlabError: The reference dataset or its claims cannot be read.
    """
    reference = load(REFERENCE)
    claims = check_claims(read_claims(REFERENCE / "claims.toml"), quantities, dataset.study, reference.study)
    # Beside its own numbers every number of the reference is reproduced, which says nothing.
    itself = dataset.study.id == reference.study.id
    numbers = [] if itself else compare_numbers(reference.measurements, quantities, dataset.study, reference.study)
    return {
        "replication": {
            "reference": reference.study,
            "itself": itself,
            "claims": claims,
            "numbers": numbers,
            "claim_counts": [(v, sum(it.verdict == v for it in claims)) for v in VERDICTS],
            "number_counts": [(v, sum(it.verdict == v for it in numbers)) for v in VERDICTS],
            "about": ABOUT_SHARE,
            "hidden": hidden_free(table3),
            "rounding": rounding(table3),
        }
    }
