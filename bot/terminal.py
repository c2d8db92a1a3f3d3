"""Cards on a terminal. Nothing that a member wrote is read as markup or as an escape sequence."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from bot.cards import ALLOWED, UNDECIDED, VIOLATION, Card, Opinion
from policies.policy import Severity

_COLOURS = {
    Severity.LOW: "yellow",
    Severity.MEDIUM: "dark_orange",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}
_WORDS = {VIOLATION: "bold red", UNDECIDED: "bold yellow", ALLOWED: "green"}
_QUOTED = "bold reverse"
_MAX_EVIDENCE = 3


def render(card: Card) -> RenderableType:
    """A card as a panel."""
    heading = f"#{card.case_id} {card.title} ({card.severity})"
    parts: list[RenderableType] = [_origin(card)]
    parts += [Text(f"  {line.speaker}: {_one_line(line.text)}", style="dim") for line in card.earlier]
    parts.append(_message(card))
    for opinion in card.opinions:
        parts += [Text(), *_opinion(opinion)]
    return Panel(Group(*parts), title=Text(heading), title_align="left", border_style=_COLOURS[card.severity])


def _origin(card: Card) -> Text:
    when = f", {card.when:%Y-%m-%d %H:%M} UTC" if card.when else ""
    edited = ", edited" if card.edited else ""
    return Text(f"{card.author} in {card.channel}{when}{edited}, message {card.message_id}", style="dim")


def _message(card: Card) -> Text:
    text = Text("» ", style="bold")
    for piece in card.pieces:
        text.append(piece.text, style=_QUOTED if piece.marked else "not bold")
    return text


def _opinion(opinion: Opinion) -> list[RenderableType]:
    lines: list[RenderableType] = [_verdict(opinion)]
    for rule in opinion.rules:
        lines.append(Text.assemble((f"  {rule.id} ", "bold"), rule.text))
        if rule.suggest:
            lines.append(Text(f"     suggested: {', '.join(rule.suggest)}", style="dim"))
    lines += [Text(f"  quoted: “{quote}”") for quote in opinion.quotes]
    if opinion.rationale:
        lines.append(Text(f"  why: {opinion.rationale}"))
    shown = opinion.evidence[:_MAX_EVIDENCE]
    lines += [Text(f"  looked at because: {line}", style="dim") for line in shown]
    lines += [Text(f"  note: {note}", style="yellow") for note in opinion.notes]
    return lines


def _verdict(opinion: Opinion) -> Text:
    probability = f" {opinion.probability:.0%}" if opinion.probability is not None else ""
    shadow = " [shadow: counted only]" if opinion.shadow else ""
    return Text.assemble(
        (f"{opinion.policy_title}: ", "bold"), (opinion.word + probability, _WORDS.get(opinion.word, "")), shadow
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
