"""Made-up questions and what hypervisors take, and what is decided upon them, as JSON has it."""

import random
import statistics
from dataclasses import asdict

from report.data.readings import Estimate
from report.recommendation.answer import Answer, Turn, answer
from report.recommendation.decision import Asked, Use
from report.recommendation.demand import Demand
from report.recommendation.scenario import Weights
from report.render.asked_live import as_given

PROVIDERS = ("one", "two", "three", "four")


def question(chance: random.Random) -> tuple[dict[str, object], dict[str, object]]:
    """Return what the page is asked and what Python answers: few boots, none that vary, readings that are missing."""
    boots, spread = chance.choice((1, 2, 3, 5)), chance.choice((0.0, 1.0, 20.0))
    read_mib = chance.choice((256.0, 512.0))

    def estimate(middle: float, share: float = 1.0) -> Estimate:
        values = tuple(chance.gauss(middle, spread * share) for _ in range(boots))
        return Estimate(statistics.fmean(values), boots, None, values)

    demands = {
        name: Demand(
            name,
            fixed=estimate(chance.uniform(-20, 600)),
            as_read=estimate(chance.choice((180, 540, 600))),
            guest_mib=read_mib,
            cpu=None if chance.random() < 0.1 else estimate(chance.uniform(-1, 5), 0.05),
            cpu_room=chance.uniform(60, 100),
            disk=None if chance.random() < 0.1 else estimate(chance.uniform(1e9, 5e9), 1e7),
            disk_room=None if chance.random() < 0.1 else 9e10,
            first=1,
            last=4,
        )
        for name in PROVIDERS[: chance.choice((1, 2, 3))]
    }
    weights = Weights(chance.choice((0, 1, 2)), chance.choice((0, 1)), chance.choice((0, 0.5, 1)))
    sizes = (read_mib, 1024.0), (3900.0, 16384.0)
    asked = Asked(weights, chance.choice((1, 4, 12, 100)), chance.choice(sizes[0]), chance.choice(sizes[1]))
    use: Use = chance.choice(("as-read", "full"))
    given: dict[str, object] = {
        "demands": [as_given(it) for it in demands.values()],
        "asked": asdict(asked),
        "use": use,
        "providers": PROVIDERS,
    }
    return given, _plain(answer(demands, asked, use, PROVIDERS))


def _plain(found: Answer) -> dict[str, object]:
    decision = found.decision
    return {
        "winner": decision.winner,
        "why": decision.why,
        "resolution": decision.resolution,
        "left_out": dict(decision.left_out),
        "missing": list(decision.missing),
        "uncertain": list(decision.uncertain),
        "options": [
            [it.provider, it.score, it.behind, list(it.lacks), str(it.fit), it.interval and list(it.interval)]
            for it in decision.options
        ],
        "fits": {name: asdict(fit) for name, fit in found.fits.items()},
        "fewer": _turn(found.fewer),
        "more": _turn(found.more),
        "alone": {name: [it.winner, it.why] for name, it in found.alone.items()},
    }


def _turn(found: tuple[int, Turn] | None) -> list[object] | None:
    return found and [found[0], found[1].winner, found[1].why]


PLAIN = """questions => questions.map(given => {
  const { decision: it, fits, fewer, more, alone } = live.answerTo(given);
  const turn = found => found && [found[0], found[1].winner, found[1].why];
  return {
    winner: it.winner, why: it.why, resolution: it.resolution, left_out: Object.fromEntries(it.left_out),
    missing: it.missing, uncertain: it.uncertain,
    options: it.options.map(o => [o.provider, o.score, o.behind, o.lacks, o.fit, o.interval && [...o.interval]]),
    fits: Object.fromEntries([...fits].map(([name, fit]) => [name, { ...fit }])),
    fewer: turn(fewer), more: turn(more),
    alone: Object.fromEntries([...alone].map(([name, found]) => [name, [found.winner, found.why]])),
  };
})"""
"""The same of what the page decides: a function of JavaScript."""
