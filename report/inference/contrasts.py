"""Effects in a design: least squares over the means of cells, with the interval that the cells' boots give.

A cell is one combination of values; its boots are an independent group. The model is a straight sum of the axes' levels
and, where the cells can tell them, of every two levels together; statsmodels fits it to the cells' means, each of which
counts the same. What is estimated is then a weighted sum of these means, so that its interval is Welch's, as that of
a difference of two hypervisors: no variance is assumed to be the same in all cells. Of one axis with two levels it is
the very interval that `report.compare` prints.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from report.inference.intervals import Measured
from report.inference.verdicts import Decided, nonzero

Term = tuple[tuple[int, int], ...]
"""A column of the model: places of axes, each with the place of a level other than the first; empty: the constant."""

_NOTHING = 1e-9


@dataclass(frozen=True)
class Design:
    """Cells by their levels.

    Attributes:
        sizes: The number of levels of each axis, 2 or more.
        cells: For each cell the place of its level on each axis.
    """

    sizes: tuple[int, ...]
    cells: tuple[tuple[int, ...], ...]

    @cached_property
    def _mains(self) -> list[Term]:
        return [((axis, level),) for axis, size in enumerate(self.sizes) for level in range(1, size)]

    @cached_property
    def _pairs(self) -> list[Term]:
        return [(*one, *other) for one, other in itertools.combinations(self._mains, 2) if one[0][0] != other[0][0]]

    @cached_property
    def terms(self) -> list[Term] | None:
        """The columns that the cells can tell apart: with pairs, else without; None: not even the axes."""
        for terms in ([(), *self._mains, *self._pairs], [(), *self._mains]):
            if len(terms) <= len(self.cells) and np.linalg.matrix_rank(self._matrix(terms)) == len(terms):
                return terms
        return None

    @property
    def has_pairs(self) -> bool:
        """Whether interactions can be told."""
        return self.terms is not None and len(self.terms) > 1 + len(self._mains)

    def _matrix(self, terms: Sequence[Term]) -> np.ndarray:
        return np.array([[all(cell[a] == level for a, level in term) for term in terms] for cell in self.cells], float)

    @cached_property
    def _estimator(self) -> np.ndarray:
        """One row for each term: the weights of the cells' means in its estimate."""
        from statsmodels.regression.linear_model import OLS  # noqa: PLC0415  (takes a second)

        model = OLS(np.zeros(len(self.cells)), self._matrix(self.terms or []))
        model.fit()
        return np.asarray(model.pinv_wexog)

    def weights(self, fixed: Mapping[int, int]) -> np.ndarray:
        """Return the cells' weights in the mean at some axes' levels, averaged over all levels of the others."""
        shares = [self._share(term, fixed) for term in self.terms or []]
        return np.asarray(np.array(shares) @ self._estimator)

    def _share(self, term: Term, fixed: Mapping[int, int]) -> float:
        share = 1.0
        for axis, level in term:
            share *= float(fixed[axis] == level) if axis in fixed else 1 / self.sizes[axis]
        return share


def weighted(weights: Sequence[float], values: Sequence[Sequence[float]], resolution: float) -> Measured:
    """Return a weighted sum of the means of groups of boots.

    Args:
        weights: One for each group; a group without weight takes no part.
        values: One value per boot, of each group.
        resolution: By how much reading errors can move the sum.
    """
    parts = [Measured.of(each).times(w) for w, each in zip(weights, values, strict=True) if abs(w) > _NOTHING]
    groups = tuple(group for part in parts for group in part.groups)
    return Measured(sum(part.mean for part in parts), groups, min((part.n for part in parts), default=1), resolution)


def main_effect(design: Design, values: Sequence[Sequence[float]], axis: int, level: int, resolution: float) -> Decided:
    """Decide whether a level of an axis differs from its first one, averaged over the levels of the other axes."""
    weights = design.weights({axis: level}) - design.weights({axis: 0})
    return nonzero(weighted(weights.tolist(), values, resolution))


def interaction(
    design: Design,
    values: Sequence[Sequence[float]],
    one: tuple[int, int],
    other: tuple[int, int],
    resolution: float,
) -> Decided:
    """Decide whether the effect of one level differs between another axis's level and that axis's first.

    It is a difference of two differences, each of which reading errors can move by the resolution: twice that in all.
    """
    (a, level), (b, beside) = one, other
    at, without = ({a: level, b: beside}, {a: 0, b: beside}), ({a: level, b: 0}, {a: 0, b: 0})
    weights = design.weights(at[0]) - design.weights(at[1]) - design.weights(without[0]) + design.weights(without[1])
    return nonzero(weighted(weights.tolist(), values, 2 * resolution))
