"""The chart on page 1: each hypervisor's score, and which resources it is made of."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from report.figures.style import from_svg
from report.recommendation.decision import Asked, Decision
from report.recommendation.scenario import RESOURCES

_WIDTH, _ROW, _LEFT, _RIGHT = 400.0, 13.0, 70.0, 62.0
# Dark, light, middle: they stay apart in grey.
_COLOURS = {"memory": "#0072B2", "cpu": "#E69F00", "disk": "#009E73"}


def scores_figure(
    decision: Decision, asked: Asked, titles: Mapping[str, str], words: Mapping[str, str], alt: str
) -> Markup:
    """Draw a bar a hypervisor, as long as its score: the weighted shares of the host, laid end to end.

    Args:
        decision: The decision.
        asked: Its question.
        titles: Names in print.
        words: Keys `score`, `memory`, `cpu`, `disk`, `does_not_fit`.
        alt: Alternative text.

    Returns:
        An HTML image, or for a browser an svg element.
    """
    counted = [name for name in RESOURCES if name not in decision.left_out]
    weight = {name: asked.weights.of(name) / sum(asked.weights.of(it) for it in counted) for name in counted}
    # A negative share is one of noise, and has no length.
    parts = {it.provider: {n: max(weight[n] * it.shares[n], 0.0) for n in counted} for it in decision.options}
    scale = (_WIDTH - _LEFT - _RIGHT) / max([1e-9, *(sum(each.values()) for each in parts.values())])
    height = _ROW * (len(decision.options) + 2)
    lines = [f'<text x="{_LEFT:g}" y="9.5">{escape(words["score"])}</text>']
    lines += [_legend(words[name], _COLOURS[name], _LEFT + 80 * place) for place, name in enumerate(counted)]
    for place, option in enumerate(decision.options, 2):
        middle = _ROW * (place + 0.5)
        title = escape(titles[option.provider])
        lines.append(f'<text x="{_LEFT - 5:g}" y="{middle + 3:g}" text-anchor="end">{title}</text>')
        at = _LEFT
        for name, share in parts[option.provider].items():
            place_of = f'x="{at:.2f}" y="{middle - 4:g}" width="{share * scale:.2f}" height="8"'
            lines.append(f'<rect {place_of} fill="{_COLOURS[name]}"/>')
            at += share * scale
        score = f"{100 * option.score:.2f} %".replace("-", "\N{MINUS SIGN}")
        value = score if option.fits else words["does_not_fit"]
        lines.append(f'<text x="{at + 4:.2f}" y="{middle + 3:g}">{escape(value)}</text>')
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" width="{_WIDTH:g}pt"'
        f' height="{height:g}pt" font-family="Paper Sans,Paper Sans Beside,sans-serif" font-size="8"'
        f' fill="currentColor">{"".join(lines)}</svg>'
    )
    return from_svg(svg, "figure-scores", alt)


def _legend(word: str, colour: str, left: float) -> str:
    return (
        f'<rect x="{left:g}" y="{_ROW + 3:g}" width="7" height="7" fill="{colour}"/>'
        f'<text x="{left + 11:g}" y="{_ROW + 9.5:g}">{escape(word)}</text>'
    )
