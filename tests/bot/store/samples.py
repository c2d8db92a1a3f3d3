"""Small values for the store's tests."""

from datetime import UTC, datetime, timedelta

from bot.case import Action, Decision, Earlier, Message, Suspected
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.phrases import phrase
from policies.policy import Effort, Mode, Policy, Rule
from policies.verdict import Verdict

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
GUILD = 7
SECRET = "canary-text-of-a-member"


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, duration: timedelta) -> None:
        self.now += duration


def policy(
    policy_id: str = "harassment", goal: str = "Keep members free from attacks.", mode: Mode = Mode.LIVE
) -> Policy:
    rule = Rule(id="H1", text="Insults aimed at a member.", terms=("loser",))
    return Policy(id=policy_id, title=policy_id.title(), mode=mode, goal=goal, rules=(rule,))


def message(
    message_id: int = 100,
    text: str = "you loser",
    guild_id: int = GUILD,
    *,
    author_id: int = 55,
    edited_after: int | None = None,
) -> Message:
    """`edited_after`: seconds after it was written."""
    return Message(
        id=message_id,
        guild_id=guild_id,
        channel_id=5,
        channel_name="general",
        author_id=author_id,
        author_name="Mallory",
        role_ids=(1, 2),
        created_at=START,
        edited_at=None if edited_after is None else START + timedelta(seconds=edited_after),
        content=text,
        attachments=("cat.png",),
        embeds=("a card",),
        reply_to=99,
    )


def suspicion(policy_id: str = "harassment") -> Suspicion:
    evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=4, end=9, quote="loser", reading="loser")
    return Suspicion(policy_id=policy_id, evidence=(evidence,))


def suspected(
    message_id: int = 100,
    text: str = "you loser",
    guild_id: int = GUILD,
    policies: tuple[str, ...] = ("harassment",),
    *,
    author_id: int = 55,
    edited_after: int | None = None,
) -> Suspected:
    return Suspected(
        message=message(message_id, text, guild_id, author_id=author_id, edited_after=edited_after),
        earlier=(Earlier(message_id=98, author_id=56, text="gg"), Earlier(message_id=99, author_id=55, text="no")),
        suspicions=tuple(map(suspicion, policies)),
    )


def verdict(violation: bool | None = True, seed: int = 0) -> Verdict:
    return Verdict(
        violation=violation,
        probability=None if violation is None else 0.9 * violation + 0.05,
        rule_ids=("H1",) if violation else (),
        quotes=("loser",) if violation else (),
        rationale="An insult. Ein Beispiel für „Umlaute“ 🎉",
        reasoning="The text says loser.",
        notes=(
            phrase("as it is"),
            phrase("only {mass}, {why}", mass=0.00123, why=phrase("{count} „times“", count=2)),
        ),
        effort=Effort.LOW,
        tokens=12,
        milliseconds=34.5,
        policy_digest="p",
        model_digest="m",
        model_name="stand-in",
        prompt_version=1,
        seed=seed,
    )


def decision(case_id: int, moderator_id: int = 900, action: Action = Action.DELETE) -> Decision:
    return Decision(case_id=case_id, action=action, moderator_id=moderator_id, decided_at=START, reason="clear")
