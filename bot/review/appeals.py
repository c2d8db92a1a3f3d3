"""Who may appeal against what, and who may answer. Pure: facts in, the reason of a refusal out.

The refusals for members are kind and plain; those for moderators say what to do, as everywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.case import Action, CaseFile, CaseState, Decision
from bot.guilds.settings import GuildSettings
from bot.language import tr
from bot.records.appeals import Appeal
from bot.review.access import Permission, Person, may_look

TIME_TO_APPEAL: Final = timedelta(days=30)
"""Or for as long as the guild keeps what was written, if that is shorter."""
ANYONE_AFTER: Final = timedelta(days=7)
"""So long another moderator than the first is waited for."""
PER_DAY: Final = 3
"""Appeals of one member in one guild within a day."""
LONGEST_APPEAL: Final = 1000
LONGEST_ANSWER: Final = 1000
"""Characters."""
_NOT_AGAINST_ANYBODY: Final = frozenset({Action.DISMISS, Action.HELP, Action.UNDO})


@dataclass(frozen=True, slots=True)
class Appealed:
    """An appeal with the case that it is about."""

    appeal: Appeal
    case: CaseFile
    others_decide: bool = True
    """Whether anybody but the first decider has ever decided a case of the guild."""

    @property
    def decision(self) -> Decision | None:
        """The decision that the appeal is about; None if the case does not know it any more."""
        made = decisions_of(self.case)
        return made[self.appeal.decision - 1] if self.appeal.decision <= len(made) else None

    @property
    def stands(self) -> bool:
        """Whether what was decided still holds, so that an undo takes it back.

        It does when more was decided after it, or when the case was opened again: that lifts nothing.
        """
        return self.decision is not None and self.decision in self.case.answers

    @property
    def anyone_from(self) -> datetime:
        """From when on who decided first may answer, too."""
        return self.appeal.made_at + ANYONE_AFTER


def decisions_of(case: CaseFile) -> tuple[Decision, ...]:
    """Everything that was decided about a case, oldest first."""
    return (*case.earlier_decisions, *(() if case.decision is None else (case.decision,)))


def decision_to_appeal(case: CaseFile) -> int | None:
    """The number of the decision that can be appealed; None if nothing was done to the member, or no more."""
    standing = case.decision
    if standing is None or standing.action in _NOT_AGAINST_ANYBODY or case.state is CaseState.FAILED:
        return None
    return len(case.earlier_decisions) + 1


def objection_to_appeal(
    case: CaseFile, member_id: int, settings: GuildSettings, now: datetime, *, made_today: int
) -> str | None:
    """Why this account cannot appeal now; None if it can.

    Args:
        case: as it is now.
        member_id: who pressed the button.
        settings: the guild's.
        now: the time.
        made_today: how many appeals the member has made in the guild within a day.
    """
    if member_id != case.message.author_id:
        return tr("This button is only for the person whom the message is about.")
    if not settings.appeals:
        return tr("This server takes no appeals any more. Talk to its moderators.")
    if case.erased_at is not None:
        return tr("What this was about has been erased, so it cannot be looked at again.")
    if case.decision is None or decision_to_appeal(case) is None:
        return tr("The decision was taken back already, or is being looked at again. There is nothing to appeal.")
    if now > _last_moment(case.decision, settings):
        return tr("The time for an appeal is over. Talk to the server's moderators.")
    if made_today >= PER_DAY:
        return tr("You have made several appeals today. Please wait until tomorrow.")
    return None


def objection_to_answer(
    appealed: Appealed,
    guild_id: int,
    settings: GuildSettings,
    actor: Person,
    now: datetime,
) -> str | None:
    """Why this person may not answer an appeal; None if they may.

    Args:
        appealed: the appeal and its case.
        guild_id: where the person clicked.
        settings: the guild's.
        actor: who clicked.
        now: the time.
    """
    if stranger := may_look(guild_id, appealed.case, settings, actor):
        return stranger
    if actor.id == appealed.appeal.member_id:
        return tr("This is your own appeal. Let another moderator answer it.")
    decision = appealed.decision
    if decision is None or decision.moderator_id != actor.id or now >= appealed.anyone_from:
        return None
    if actor.may(Permission.MANAGE_GUILD) and not appealed.others_decide:
        return None
    return tr(
        "You made the decision that this appeal is about, so another moderator has to answer it. "
        "If nobody has by {date}, you may.",
        date=f"<t:{int(appealed.anyone_from.timestamp())}:f>",
    )


def _last_moment(decision: Decision, settings: GuildSettings) -> datetime:
    return decision.decided_at + min(TIME_TO_APPEAL, timedelta(days=settings.keep_days))
