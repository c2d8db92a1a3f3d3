"""Everything about a case, in pages that are readable on a phone."""

from collections.abc import Iterator

from bot.cards import Card, Opinion, card
from bot.case import CaseFile, CaseState
from bot.cogs.budget import TITLE
from bot.cogs.card_standing import KEPT_BACK
from bot.cogs.cases_moments import Dossier, history
from bot.cogs.cases_pages_view import packed
from bot.cogs.safe_text import code_block, escaped, one_line, shortened
from bot.cogs.words import ago, at, message_link, person, place, sure
from bot.language import in_quotes, marked, number, tr, tr_n
from bot.review.care import Hidden

PAGE = 3400
"""Units of a page: a phone shows it in a few thumbs' lengths, and Discord takes 4,096."""
_LONGEST_VERSION, _LONGEST_WORDS, _LONGEST_EARLIER = 1500, 700, 900
_STATES = {
    CaseState.QUEUED: marked("Waits for a verdict."),
    CaseState.JUDGING: marked("Is being judged."),
    CaseState.CLEARED: marked("Cleared: nothing was violated."),
    CaseState.OPEN: marked("**Open**: waits for a decision."),
    CaseState.DECIDED: marked("**Decided**; it is being carried out."),
    CaseState.ENFORCED: marked("**Decided** and carried out."),
    CaseState.FAILED: marked("**Decided, and not done.**"),
}
_HIDDEN = {
    Hidden.WITHHELD: marked("*What was written is withheld: its policy asks never to show it again.*"),
    Hidden.ERASED: marked("*What was written is erased: its time was over, or the member asked for it.*"),
    Hidden.UNREADABLE: marked("*What was written cannot be read: it is damaged in my memory.*"),
    Hidden.PRIVATE: marked("*What was written is not shown to you: you cannot read its channel.*"),
}


def pages(dossier: Dossier) -> list[str]:
    """The pages' texts; one at least."""
    shown = card(dossier.case)
    blocks = [
        "\n".join(_standing(dossier, shown)),
        *_versions(dossier, shown),
        *_earlier(shown),
        *(_opinion(opinion) for opinion in shown.opinions),
        *history(dossier),
    ]
    return packed(blocks, PAGE)


def title(case: CaseFile) -> str:
    """ "Case 12 · Harassment: H1"."""
    return shortened(tr("Case {number} · {title}", number=case.id, title=escaped(card(case).title, 200)), TITLE)


def _standing(dossier: Dossier, shown: Card) -> Iterator[str]:
    case = dossier.case
    yield tr(_STATES[case.state])
    yield tr(
        "{member} in {channel}, written {when}.",
        member=f"{person(shown.writer.id)} ({escaped(shown.author, 60)})",
        channel=place(case.message.channel_id),
        when=at(case.message.created_at),
    )
    if links := _links(case):
        yield links
    if shown.since.kept_back:
        yield tr(KEPT_BACK)
    elif shown.since.deleted_at:
        yield tr("The message is gone since {when}.", when=at(shown.since.deleted_at))
    if case.holder:
        yield tr(
            "Claimed by {person} {when}.", person=person(case.holder.moderator_id), when=ago(case.holder.since)
        )
    if case.escalated:
        who = person(case.escalated.moderator_id)
        yield tr("**Escalated** by {person} {when}.", person=who, when=ago(case.escalated.since))
    if dossier.kept_until:
        yield tr("What was written is kept until {when}.", when=at(dossier.kept_until))


def _links(case: CaseFile) -> str:
    links = [] if case.deleted_at else [f"[{tr('Message')}]({message_link(case)})"]
    if case.card is not None and case.card.message_id is not None:
        address = f"https://discord.com/channels/{case.guild_id}/{case.card.channel_id}/{case.card.message_id}"
        links.append(f"[{tr('Card')}]({address})")
    return " · ".join(links)


def _versions(dossier: Dossier, shown: Card) -> Iterator[str]:
    """Every version of the message that was flagged, the newest one last; and what it says now."""
    if dossier.hidden:
        yield tr(_HIDDEN[dossier.hidden])
        return
    total = shown.older_count + 1
    texts = [*shown.older_texts, shown.text]
    if len(texts) < total:
        yield tr_n(
            "({count} older version is left out.)", "({count} older versions are left out.)", total - len(texts)
        )
    for index, text in enumerate(texts, start=total - len(texts) + 1):
        heading = tr("Version {number} of {total}", number=index, total=total) if total > 1 else tr("The message")
        yield _worded(heading, text, _LONGEST_VERSION)
    if shown.since.current_text is not None:
        yield _worded(tr("What it says now"), shown.since.current_text, _LONGEST_VERSION)


def _earlier(shown: Card) -> Iterator[str]:
    if shown.earlier:
        said = "\n".join(f"{line.speaker}: {shortened(one_line(line.text), 200)}" for line in shown.earlier)
        yield _worded(tr("Said before"), said, _LONGEST_EARLIER)


def _worded(heading: str, text: str, room: int) -> str:
    block, cut = code_block(text, room)
    note = "\n" + tr("*Cut: it has {count} characters.*", count=number(len(text))) if cut else ""
    return f"**{heading}**\n{block}{note}"


def _opinion(opinion: Opinion) -> str:
    likely = f", {sure(opinion.probability)}" if opinion.probability is not None else ""
    marks = [tr("shadow: counted only")] if opinion.shadow else []
    marks += [tr("before the edit")] if opinion.outdated else []
    lines = [
        f"**{escaped(opinion.policy_title, 120)}: {tr(opinion.word)}{likely}**",
        *(f"({mark})" for mark in marks),
    ]
    lines += [f"**{escaped(rule.id, 40)}** {escaped(rule.text, 250)}" for rule in opinion.rules[:6]]
    if opinion.rationale:
        lines.append(escaped(opinion.rationale, _LONGEST_WORDS))
    if opinion.quotes:
        quoted = " · ".join(in_quotes(escaped(quote, 100)) for quote in opinion.quotes[:4])
        lines.append(tr("Quoted: {quotes}", quotes=quoted))
    if opinion.model_name:
        made_with = {"model": escaped(opinion.model_name, 80), "digest": opinion.policy_digest[:12]}
        lines.append(tr("Judged by {model}, policy {digest}.", **made_with))
    return shortened("\n".join(lines), 3000)
