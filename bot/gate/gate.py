"""Decides which new messages are worth the model's time, by what each guild may flag; and draws random checks."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Protocol

import structlog

from bot.case import Message
from bot.gate.meter import Meter, smoothing
from bot.gate.repeats import repeat_evidence, repeat_signals, sighting
from bot.rulebook import Doorkeeper, Looks
from bot.tallies import Traffic
from inference.prefilter.budget.authors import AuthorLimit
from inference.prefilter.budget.quantile import RollingQuantile, UnknownForm
from inference.prefilter.budget.shares import Demand
from inference.prefilter.look import Look
from inference.prefilter.repeats import Repeats, RepeatWatch
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Mode, Policy
from policies.signals import Signal

_log = structlog.get_logger(__name__)

REMEMBERED = 256
"""Answers that are remembered: a message is asked about again only while it is in one of the intake's lanes."""
_DRAWN = Evidence(kind=EvidenceKind.AUDIT, name="random check", start=0, end=0, quote="")


class Looker(Protocol):
    """The prefilter, before it is decided what is enough. Pure and safe to call from any thread."""

    def look(self, guild_id: int, text: str, policy_ids: Collection[str] | None = None) -> tuple[Look, ...]:
        """What it finds in the text, one look per policy that was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A policy in force, with what the gate asks of it for every message."""

    policy: Policy
    digest: str
    repeats: tuple[Signal, ...]

    @property
    def is_on(self) -> bool:
        """Whether messages are looked at for it."""
        return self.policy.mode is not Mode.OFF

    @classmethod
    def of(cls, policy: Policy, before: "Watched | None" = None) -> "Watched":
        """`before`: what is known of this policy's last version; a digest takes a while to make."""
        if before is not None and before.policy == policy:
            return before
        return cls(policy, policy.digest, repeat_signals(policy))


Book = Mapping[int, Mapping[str, Watched]]
"""{guild id: {policy id: policy}}."""


@dataclass(slots=True)
class Gate:
    """The state behind every inspector: it outlives a change of policies. Used in the event loop's thread only."""

    timer: Callable[[], float]
    """Seconds that never run backwards."""
    audit_rate: float
    """How likely a message that nothing suspects is drawn for a random check, under each policy (0 to 1)."""
    dice: Random = field(default_factory=Random)
    audits_paused: bool = False
    """Nothing is drawn while the judge has no time for it."""
    messages: int = 0
    """New messages that were looked at since the start."""
    suspected: int = 0
    """Of those: suspected, or drawn for a random check."""
    _meters: dict[int, dict[str, Meter]] = field(default_factory=dict)
    _kept: dict[int, dict[str, Traffic]] = field(default_factory=dict)
    """What was loaded and not asked for yet."""
    _authors: AuthorLimit = field(default_factory=AuthorLimit)
    _repeats: RepeatWatch = field(default_factory=RepeatWatch)
    _answers: OrderedDict[int, tuple[Suspicion, ...]] = field(default_factory=OrderedDict)

    def meter(self, guild_id: int, watched: Watched) -> Meter:
        """What the policy is decided by. A new version of it goes on from what was known."""
        meters = self._meters.setdefault(guild_id, {})
        meter = meters.get(watched.policy.id)
        if meter is None or meter.digest != watched.digest:
            rate, part = watched.policy.prefilter.flag_rate, self.part(guild_id)
            meter = meter.successor(watched.digest, rate) if meter else self._restored(guild_id, watched)
            meter.part = part
            meters[watched.policy.id] = meter
        return meter

    def _restored(self, guild_id: int, watched: Watched) -> Meter:
        """What was kept of the policy, or of an older version; without it the background's."""
        rate, kept = watched.policy.prefilter.flag_rate, self._kept.get(guild_id, {}).pop(watched.policy.id, None)
        if kept is None:
            return Meter(watched.digest, rate)
        before = Meter(kept.digest, rate, RollingQuantile.from_bytes(kept.surprises))
        return before if kept.digest == watched.digest else before.successor(watched.digest, rate)

    def answered(self, message: Message, answer: Callable[[], tuple[Suspicion, ...]]) -> tuple[Suspicion, ...]:
        """The answer, or the one that was given for this message before."""
        if (known := self._answers.get(message.id)) is None:
            known = self._answers[message.id] = answer()
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return known

    def counts(self, message: Message) -> bool:
        """Whether the message's score is counted. Asked once for each message."""
        return self._authors.admits(message.guild_id, message.author_id, self.timer())

    def repeats(self, message: Message, text: str) -> Repeats:
        """Who else wrote the same lately. `text`: folded, so that disguises do not hide it."""
        return self._repeats.seen(sighting(message), text)

    def decide(self, guild_id: int, watched: Watched, look: Look, counts: bool) -> Suspicion | None:
        """Count a look at a new message; the suspicion, or the random check that it is drawn for.

        `counts`: whether its score does, too.
        """
        meter = self.meter(guild_id, watched)
        suspicion = look.suspicion(meter.threshold)
        meter.note(look.surprise, forced=bool(look.forced), flagged=suspicion is not None, counts=counts)
        if suspicion is None and not self.audits_paused and self.dice.random() < self.audit_rate:
            return Suspicion(policy_id=look.policy_id, evidence=(_DRAWN,), score=look.surprise)
        return suspicion

    @property
    def guilds(self) -> tuple[int, ...]:
        """Guilds that something was counted of."""
        return tuple(self._meters)

    def pass_time(self, guild_id: int, seconds: float) -> Demand:
        """So many seconds went by; what the guild would have judged, per second, if nothing were cut."""
        weight, forced, wanted = smoothing(seconds), 0.0, 0.0
        for meter in self._meters.get(guild_id, {}).values():
            more_forced, more_wanted = meter.pass_time(seconds, weight)
            forced += more_forced
            wanted += more_wanted
        return Demand(forced, wanted)

    def part(self, guild_id: int) -> float:
        """What the guild's policies are granted of their flag rates, 0 to 1."""
        return next((meter.part for meter in self._meters.get(guild_id, {}).values()), 1.0)

    def grant(self, guild_id: int, part: float) -> None:
        """From now on the guild's policies may flag this part of their flag rates."""
        for meter in self._meters.get(guild_id, {}).values():
            meter.part = part

    def load(self, kept: Iterable[Traffic]) -> None:
        """Go on from what was kept, as soon as a policy is asked for."""
        for traffic in kept:
            try:
                RollingQuantile.from_bytes(traffic.surprises)
            except UnknownForm as error:  # written by another version: the background will do
                _log.warning("scores begin anew", guild=traffic.guild_id, reason=str(error))
                continue
            self._kept.setdefault(traffic.guild_id, {})[traffic.policy_id] = traffic

    def take_unsaved(self, guild_id: int) -> list[Traffic]:
        """What has been counted of a guild since this was called last."""
        meters = self._meters.get(guild_id, {})
        unsaved = (meter.take_unsaved(guild_id, policy_id) for policy_id, meter in meters.items())
        return list(filter(None, unsaved))

    def put_back(self, unsaved: Iterable[Traffic]) -> None:
        """It could not be kept: the next time takes it along. Guilds that were forgotten meanwhile stay so."""
        for traffic in unsaved:
            if meter := self._meters.get(traffic.guild_id, {}).get(traffic.policy_id):
                meter.put_back(traffic)

    def forget(self, guild_id: int) -> None:
        """Drop everything about a guild."""
        self._meters.pop(guild_id, None)
        self._kept.pop(guild_id, None)
        self._repeats.forget(guild_id)
        self._answers.clear()  # they are few, and hold words of messages


def watched_book(policies: Mapping[int, Sequence[Policy]], before: Book = MappingProxyType({})) -> Book:
    """The policies as the gate needs them. Takes a while with many of them; any thread may do it."""
    return {
        guild_id: {policy.id: Watched.of(policy, before.get(guild_id, {}).get(policy.id)) for policy in own}
        for guild_id, own in policies.items()
    }


class GateInspector(Doorkeeper):
    """The inspector of the running bot: one state of the policies, in front of the one gate."""

    def __init__(
        self,
        gate: Gate,
        looker: Looker,
        book: Book,
        fold: Callable[[str], str] = str.casefold,
        *,
        takes_long: bool = False,
    ) -> None:
        """`fold` brings a text into plain letters, for comparing. `takes_long`: a look takes milliseconds."""
        self._gate = gate
        self._fold = fold
        self._takes_long = takes_long
        self.looker = looker
        self.book = book

    @property
    def takes_long(self) -> bool:
        """See `Doorkeeper`."""
        return self._takes_long

    def look(self, guild_id: int, text: str, policy_ids: Collection[str] | None = None) -> Looks:
        """See `Doorkeeper`."""
        return self.looker.look(guild_id, text, policy_ids)

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None, looks: Looks | None = None
    ) -> tuple[Suspicion, ...]:
        """See `Inspector`: by the thresholds of the moment."""
        looks = self.look(guild_id, text, policy_ids) if looks is None else looks
        found = (
            look.suspicion(self._gate.meter(guild_id, watched).threshold)
            for watched, look in self._watched(guild_id, looks)
        )
        return tuple(filter(None, found))

    def inspect_new(
        self, message: Message, policy_ids: Collection[str], looks: Looks | None = None
    ) -> tuple[Suspicion, ...]:
        """See `Doorkeeper`."""
        answer = self._gate.answered(message, lambda: self._meet(message, policy_ids, looks))
        return tuple(suspicion for suspicion in answer if suspicion.policy_id in policy_ids)

    def _meet(self, message: Message, policy_ids: Collection[str], taken: Looks | None) -> tuple[Suspicion, ...]:
        gate, guild_id, text = self._gate, message.guild_id, message.text
        taken = self.look(guild_id, text, policy_ids) if taken is None else taken
        looks = list(self._watched(guild_id, taken))
        if any(watched.repeats for watched, _ in looks):  # else no text is remembered
            repeats = gate.repeats(message, self._fold(text))
            looks = [(watched, _with_repeats(look, watched, repeats, text)) for watched, look in looks]
        counts = gate.counts(message)
        found = [gate.decide(guild_id, watched, look, counts) for watched, look in looks]
        gate.messages += 1
        gate.suspected += any(found)
        return tuple(filter(None, found))

    def _watched(self, guild_id: int, looks: Looks) -> Iterator[tuple[Watched, Look]]:
        watched = self.book.get(guild_id, {})
        return ((watched[look.policy_id], look) for look in looks)


def _with_repeats(look: Look, watched: Watched, repeats: Repeats, text: str) -> Look:
    evidence = repeat_evidence(watched.repeats, repeats, text)
    return look._replace(forced=(*look.forced, *evidence)) if evidence else look
