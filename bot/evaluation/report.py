"""The report: one HTML page without scripts or anything from elsewhere. Jinja2 escapes every value."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.evaluation import charts, shown
from bot.evaluation.figures import CurvePoint
from bot.evaluation.known_sets import KnownSet
from bot.evaluation.result import PolicyResult, Result
from bot.visible import visible


def report_html(result: Result, known: KnownSet | None) -> str:
    """The page. Texts of the data set stand in it only if the result holds them, and as text only."""
    overview = [(policy.title, policy.figures) for policy in result.policies]
    published = known.beside(policy.id for policy in result.policies) if known else ()
    return _template().render(
        result=result, made=result.made_with, known=known, published=published, overview=overview
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bot.evaluation", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "short": lambda digest: digest[:12],
        "rate": shown.rate,
        "f1": shown.f1,
        "percent": shown.percent,
        "visible": visible,
    }
    environment.globals |= {
        "precision_recall": lambda policy: charts.precision_recall(policy.curve, _operating(policy)),
        "by_threshold": lambda policy: charts.by_threshold(policy.curve, policy.threshold),
    }
    return environment.get_template("report.html")


def _operating(policy: PolicyResult) -> CurvePoint | None:
    """Where the verdicts themselves stand."""
    figures = policy.figures
    return CurvePoint(
        threshold=policy.threshold,
        precision=figures.precision.value,
        recall=figures.recall.value,
        f1=figures.f1,
    )
