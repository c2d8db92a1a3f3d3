"""The report: one HTML page without scripts or anything from elsewhere. Jinja2 escapes every value."""

from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.scan.summary import MAX_CARDS, ScanSummary


def report_html(summary: ScanSummary, written_at: datetime) -> str:
    """The page. What members wrote stands in it as text only."""
    return _template().render(summary=summary, timing=summary.timing, written_at=written_at, max_cards=MAX_CARDS)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bot.scan", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = lambda digest: digest[:12]
    return environment.get_template("report.html")
