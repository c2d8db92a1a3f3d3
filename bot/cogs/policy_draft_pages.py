"""What somebody sees who writes a policy: the preview, what is wrong, what somebody else changed meanwhile."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import BytesIO

import discord

from bot.cogs.policy_draft_buttons import Press, draft_buttons
from bot.cogs.policy_pages import mode_line, rule_line
from bot.cogs.replies import Reply, page, problem_line
from bot.cogs.safe_text import escaped
from bot.guilds.advice import advice
from bot.guilds.change_words import change_line
from bot.guilds.drafting import Look
from bot.guilds.drafts import Draft, DraftKind
from bot.guilds.form import FormProblem
from bot.guilds.form_text import form_text
from bot.guilds.writing import Spotted
from bot.language import in_quotes, marked, tr, tr_n
from policies.changes import Change
from policies.linter import FEWEST_TOKENS, MOST_TOKENS, Remark
from policies.policy import Mode, Policy
from policies.problems import Problem

_TITLE, _QUOTE, _TEXT = 120, 160, 300
"""The most units of a policy's title, of a quoted text and of a line."""
MOST_LISTED = 25
"""Problems, remarks or changes that are listed; Discord's own limits may cut earlier."""

FORGOTTEN = marked(
    "I do not have this text in my memory any more: I was started anew, or it is hours old. It stands in the file "
    "above. Download it, and hand it in with `/policy edit` or `/policy new` as `file`."
)
_STILL_THERE = marked(
    "Press Fix to open the form again: all that you wrote is still there, and in the attached file."
)
_TITLES = {
    DraftKind.NEW: marked("New policy: {title}"),
    DraftKind.EDIT: marked("Change: {title}"),
    DraftKind.RESTORE: marked("Restore version {origin}: {title}"),
    DraftKind.IMPORT: marked("Import {origin}: {title}"),
}


def preview_page(look: Look, spotted: Spotted | None) -> Reply:
    """What would be saved, what that changes, and what could be better; the file is attached."""
    draft, after = look.draft, look.after
    lines = [f"`{after.id}`. {mode_line(after)}", *_measures(look), *_spotted(spotted)]
    nothing = look.before == after and draft.base == draft.source
    if nothing:
        lines.append(tr("**Nothing changes.**"))
    fields: dict[str, Sequence[str]] = {
        tr("What changes"): _changes(look.changes),
        tr("It forbids"): [] if look.before else [rule_line(rule) for rule in after.rules],
        tr("What could be better"): _remarks(look.remarks),
        tr("Comments in the file that will be lost"): [escaped(each, _QUOTE) for each in look.lost_comments],
    }
    title = tr(_TITLES[draft.kind], title=escaped(after.title, _TITLE), origin=escaped(draft.origin, 60))
    file = _file(f"{after.id}.yaml", draft.source or b"")
    made = page(title, lines, discord.Colour.blurple(), fields, file)
    return replace(made, view=draft_buttons(draft.id, *_presses(look, nothing=nothing)))


def _presses(look: Look, *, nothing: bool) -> Iterable[Press]:
    if not nothing:
        yield Press.SAVE
        if look.after.mode is not Mode.LIVE:
            yield Press.LIVE
    if look.draft.form is not None:
        yield Press.CHANGE
    yield Press.CANCEL


def _measures(look: Look) -> list[str]:
    policy, shown = look.after, len(look.after.shown_examples)
    lines = [tr("The model reads {shown} of its {all} examples.", shown=shown, all=len(policy.examples))]
    if look.tokens is not None:
        lines.append(
            tr(
                "Length for the model: {tokens} tokens; {fewest} to {most} are best.",
                tokens=look.tokens,
                fewest=FEWEST_TOKENS,
                most=MOST_TOKENS,
            )
        )
    if look.draft.form is None:
        lines.append(
            tr("It does not fit the form: to change it, download the file and hand it in again as `file`.")
        )
    elif look.draft.hides_terms:
        lines.append(tr("The form has no room for the rules' terms: they stay as they are."))
    return lines


def _spotted(spotted: Spotted | None) -> list[str]:
    if spotted is None:
        return []
    return [
        tr(
            "Keywords, patterns and signals alone catch {violating} of {violating_of} violating examples, and "
            "{allowed} of {allowed_of} allowed ones. Likeness finds more.",
            violating=spotted.violating,
            violating_of=spotted.violating_of,
            allowed=spotted.allowed,
            allowed_of=spotted.allowed_of,
        )
    ]


def quoted(text: str) -> str:
    """An author's words in running text."""
    return escaped(text, _QUOTE)


def _changes(found: Sequence[Change]) -> list[str]:
    return _listed([f"- {change_line(change, quoted)}" for change in found])


def _remarks(found: Sequence[Remark]) -> list[str]:
    lines = []
    for remark in found:
        message, hint = advice(remark, lambda text: in_quotes(quoted(text)))
        lines.append(f"\N{WARNING SIGN} {message}; {hint}.")
    return _listed(lines)


def _listed(lines: list[str]) -> list[str]:
    rest = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], tr("… and {count} more", count=rest)] if rest > 0 else lines


def errors_page(draft: Draft, problems: Sequence[FormProblem]) -> Reply:
    """What is wrong with a form. What was typed is kept, and stands in the attached file as well."""
    assert draft.form is not None
    count = len(problems)
    lines = [
        tr_n(
            "Nothing was saved: there is {count} problem.", "Nothing was saved: there are {count} problems.", count
        ),
        tr(_STILL_THERE),
        "",
        *_listed(
            [
                f"- **{each.place}**: {escaped(each.message, _TEXT)}; {escaped(each.hint, _TEXT)}"
                for each in problems
            ]
        ),
    ]
    made = page("", lines, discord.Colour.red(), file=draft_file(draft))
    return replace(made, view=draft_buttons(draft.id, Press.FIX, Press.CANCEL))


def kept_page(draft: Draft, trouble: Reply) -> Reply:
    """What is in the way of a form that nothing need be wrong with. What was typed is kept all the same."""
    trouble.embed.description = f"{trouble.embed.description}\n{tr(_STILL_THERE)}"
    return replace(trouble, file=draft_file(draft), view=draft_buttons(draft.id, Press.FIX, Press.CANCEL))


def file_errors_page(name: str, problems: Sequence[Problem]) -> Reply:
    """What is wrong with a file that was handed in."""
    head = tr("Nothing was saved: there are errors in {name}.", name=escaped(name, 100))
    return page("", [head, *_listed([problem_line(each) for each in problems])], discord.Colour.red())


def misfit_page(policy: Policy, source: bytes, added: str | None = None) -> Reply:
    """A policy that no form can show: what to do instead, with its file."""
    lines = [
        tr(
            "**{title}** does not fit Discord's form: its texts are too long for it.",
            title=escaped(policy.title, _TITLE),
        ),
        tr(
            "Download the file, change it, and hand it in with `/policy edit policy:{id}` as `file`.", id=policy.id
        ),
    ]
    if added:
        lines.append(tr("The example is at the end of its `examples` already: reword it there."))
    return page("", lines, file=_file(f"{policy.id}.yaml", source))


def meanwhile_page(draft: Draft, changed: Sequence[Change], who: str) -> Reply:
    """Somebody else was faster: what they changed, and what can be done. One's own text is attached."""
    head = tr(
        "Nothing of yours was saved yet: the policy `{id}` has changed while you wrote. {who}",
        id=draft.policy_id,
        who=who,
    )
    note = tr("Your text is kept, and stands in the attached file.")
    lines = _changes(changed) or [tr("The policy says the same as before; only its file differs.")]
    made = page(
        "", [head, note], discord.Colour.orange(), {tr("What changed meanwhile"): lines}, draft_file(draft)
    )
    again = (Press.AGAIN,) if draft.form is not None and draft.theirs is not None else ()
    return replace(made, view=draft_buttons(draft.id, Press.BOTH, Press.MINE, *again, Press.CANCEL))


def taken_page(draft: Draft) -> Reply:
    """A new policy's name is taken by now."""
    line = tr("There is a policy `{id}` already. Your text is in the attached file.", id=draft.policy_id)
    made = page(
        "", [line, tr("Use `/policy new` with another `name`, or `/policy edit`.")], file=draft_file(draft)
    )
    return replace(made, view=draft_buttons(draft.id, Press.BOTH, Press.CANCEL))


def both_page(draft: Draft, theirs: bytes) -> Reply:
    """What stands there now, and one's own text, line by line."""
    mine = draft.source or b""
    text = "".join(unified(theirs, mine, tr("as it stands"), tr("yours")))
    lines = [tr("Lines with - stand there now, lines with + are yours.")]
    return page("", lines, file=_file(f"{draft.policy_id}.diff.txt", text.encode()))


def unified(before: bytes, after: bytes, one: str, other: str) -> Iterable[str]:
    """The differences of two files, as `diff -u` shows them."""
    old, new = (source.decode("utf-8", "replace").splitlines(keepends=True) for source in (before, after))
    for line in difflib.unified_diff(old, new, one, other):
        yield line if line.endswith("\n") else f"{line}\n"


def saved_page(policy: Policy, review_place: str | None) -> Reply:
    """A policy was saved."""
    lines = [tr("**{title}** is saved. {mode}", title=escaped(policy.title, _TITLE), mode=mode_line(policy))]
    if policy.mode is Mode.LIVE:
        lines.append(
            tr("Cards appear in {place}.", place=review_place)
            if review_place
            else tr("No review channel is set, so cases wait. Set one with `/safeguild setup`.")
        )
    elif policy.mode is Mode.SHADOW:
        lines.append(tr("`/policy mode` shows what it would have flagged, before it goes live."))
    return page("", lines, discord.Colour.green())


def cancelled_page() -> Reply:
    """Somebody gave up what they wrote."""
    return page("", [tr("Cancelled. Nothing was saved.")])


def forgotten_page() -> Reply:
    """A draft is not in memory any more."""
    return page("", [tr(FORGOTTEN)], discord.Colour.orange())


def stranded_page(draft: Draft) -> Reply:
    """A form came back that nobody waits for any more: its text is handed back."""
    line = tr(
        "I was started anew while you wrote, so I cannot check this. Nothing is lost: your text is in the file "
        "below. Hand it in with `/policy edit` or `/policy new` as `file`."
    )
    return page("", [line], discord.Colour.orange(), file=draft_file(draft))


def draft_file(draft: Draft) -> discord.File:
    """What somebody wrote, as a file that can be handed in again."""
    name = draft.policy_id or "policy"
    if draft.form is not None:
        return _file(f"{name}.txt", form_text(draft.form).encode("utf-8", "replace"))
    return _file(f"{name}.yaml", draft.source or b"")


def _file(name: str, data: bytes) -> discord.File:
    return discord.File(BytesIO(data), filename=name)
