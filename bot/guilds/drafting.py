"""From what somebody typed or attached to a policy's file that can be saved. Pure."""

import re
from dataclasses import dataclass

from bot.guilds.drafts import Draft
from bot.guilds.form import Form
from bot.guilds.form_reading import read_form
from bot.guilds.form_text import form_in
from bot.guilds.form_writing import Misfit, Shown, form_of
from bot.guilds.policy_files import file_name, parse_file
from policies.changes import Change, changes
from policies.document import PolicyError, dump_policy
from policies.linter import Remark, lint
from policies.mode_line import with_mode
from policies.policy import Mode, Policy, is_policy_id
from policies.rewriting import lost_comments, rewritten

_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Look:
    """What a draft would do if it were saved."""

    draft: Draft
    before: Policy | None
    """The policy as it stands; None for a new one, and where its file has errors."""
    after: Policy
    changes: tuple[Change, ...]
    lost_comments: tuple[str, ...]
    remarks: tuple[Remark, ...]
    tokens: int | None


def id_from_title(title: str, taken: frozenset[str]) -> str:
    """A free policy id that looks like the title."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:_LONGEST_ID].strip("-") or "policy"
    if stem not in taken:
        return stem
    numbered = (f"{stem[: _LONGEST_ID - 4].strip('-')}-{number}" for number in range(2, 1000))
    return next(name for name in numbered if name not in taken)


def written(draft: Draft, form: Form, base: Policy | None) -> Draft:
    """The draft with what was typed in its form, ready to be saved.

    `base`: the policy whose fields stay that the form does not show. Raises FormError, or PolicyError if the
    policy is too large.
    """
    policy = read_form(form, draft.policy_id, base, hides_terms=draft.hides_terms)
    source = rewritten(draft.base, policy).source if draft.base is not None else dump_policy(policy).encode()
    return draft.anew(form=form, source=source)


def uploaded(draft: Draft, source: bytes, base: Policy | None) -> Draft:
    """The draft with a file that was handed in: a policy's YAML as it is, or a form as this bot has given it out.

    Raises:
        PolicyError: the YAML has errors.
        FormError: the form has errors; `typed_in` gives what was typed.
    """
    form = typed_in(source)
    if form is not None:
        return written(draft, form, base)
    policy = parse_file(file_name(draft.policy_id), source)
    return with_form(draft.anew(source=source), policy)


def typed_in(source: bytes) -> Form | None:
    """The form in a file that was handed in; None if it is none."""
    try:
        return form_in(source.decode())
    except UnicodeDecodeError:  # parsing it as a policy tells where
        return None


def with_form(draft: Draft, policy: Policy) -> Draft:
    """The draft with the form of a policy, or with none if it does not fit."""
    shown = form_of(policy)
    if isinstance(shown, Shown):
        return draft.anew(form=shown.form, hides_terms=shown.hides_terms)
    return draft.anew(form=None)


def misfit(policy: Policy) -> Misfit | None:
    """Why a policy does not fit the form; None if it does."""
    shown = form_of(policy)
    return shown if isinstance(shown, Misfit) else None


def policy_in(policy_id: str, source: bytes | None) -> Policy | None:
    """The policy in a file; None if there is none, or it has errors."""
    if source is None or not is_policy_id(policy_id):
        return None
    try:
        return parse_file(file_name(policy_id), source)
    except PolicyError:
        return None


def look_at(draft: Draft, tokens: int | None) -> Look:
    """What saving a draft would do. The draft must have a source."""
    assert draft.source is not None
    before = policy_in(draft.policy_id, draft.base)
    after = parse_file(file_name(draft.policy_id), draft.source)
    return Look(
        draft=draft,
        before=before,
        after=after,
        changes=changes(before, after) if before else (),
        lost_comments=lost_comments(draft.base or b"", draft.source),
        remarks=lint(after, tokens),
        tokens=tokens,
    )


def live(draft: Draft) -> bytes:
    """The draft's file with its mode set to live."""
    assert draft.source is not None
    name = file_name(draft.policy_id)
    return with_mode(draft.source, Mode.LIVE, policy_id=draft.policy_id, filename=name)
