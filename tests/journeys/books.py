"""The books of a guild: what Discord has seen of it, compared with what the bot's store says."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.discord_server import Action, ActionKind, Message
from tests.journeys.memory import StoredCase, StoredDecision
from tests.journeys.stage import Stage, case_of

SHOWN = frozenset({"open", "enforced", "failed"})
"""The states that a case has on its card when nothing is under way."""
_SAME = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Books:
    """Finds what is there twice, what is missing, and what was done without a decision. Ask when all is quiet."""

    stage: Stage
    taken_down: frozenset[int] = frozenset()
    """Messages that people deleted, cards among them."""

    def errors(self, flagged: Iterable[Message]) -> list[str]:
        """What does not balance. `flagged`: messages that each have to have one case and one card."""
        cases = self._cases()
        return [
            *self._lost(flagged, cases),
            *self._unfinished(cases),
            *self._cards_that_are_wrong(cases),
            *self._deletions_that_are_wrong(cases),
            *self._timeouts_that_are_wrong(cases),
            *self._done_twice(),
        ]

    def _cases(self) -> dict[int, StoredCase]:
        """{message id: its case}."""
        memory = self.stage.memory
        found = {message_id: memory.case(message_id) for message_id in memory.messages_with_cases()}
        return {message_id: case for message_id, case in found.items() if case is not None}

    def _lost(self, flagged: Iterable[Message], cases: dict[int, StoredCase]) -> Iterator[str]:
        for message in flagged:
            case = cases.get(message.id)
            if case is None:
                yield f"message {message.id} has no case"
            elif case.state not in SHOWN:
                yield f"message {message.id} was flagged, and its case is {case.state}"

    def _unfinished(self, cases: dict[int, StoredCase]) -> Iterator[str]:
        for case in cases.values():
            if case.state not in SHOWN | {"cleared"}:
                yield f"case {case.id} is still {case.state}"
            if any(decision.enforced is None for decision in case.decisions):
                yield f"a decision on case {case.id} was not carried out"

    def _in_review(self, action: Action) -> bool:
        return action.channel_id == self.stage.review.id

    @property
    def _lines(self) -> set[int]:
        """What the bot took down itself: the line that stands for cards that wait."""
        return {action.target_id for action in self._of(ActionKind.DELETE) if self._in_review(action)}

    def _cards_that_are_wrong(self, cases: dict[int, StoredCase]) -> Iterator[str]:
        cards = [
            card for card in self.stage.cards if case_of(card) is not None
        ]  # news of policies hang there, too
        hanging = {case_of(card): card.id for card in cards}
        number = Counter(map(case_of, cards))
        for case in cases.values():
            if number[case.id] > 1:
                yield f"case {case.id} has {number[case.id]} cards"
            if case.state in SHOWN and case.card_id not in self.taken_down:
                if number[case.id] == 0:
                    yield f"case {case.id} is {case.state} and has no card"
                elif hanging[case.id] != case.card_id:
                    yield f"case {case.id} does not know its card"
        strangers = number.keys() - {case.id for case in cases.values()}
        yield from (f"a card hangs about an unknown case {each}" for each in strangers)
        posted = len(
            {action.target_id for action in self._of(ActionKind.POST) if self._in_review(action)} - self._lines
        )
        gone = len(self.taken_down & {action.target_id for action in self._of(ActionKind.POST)})
        if posted != len(self.stage.cards) + gone:
            yield f"{posted} cards were posted, {len(self.stage.cards)} are there, people took {gone} down"

    def _deletions_that_are_wrong(self, cases: dict[int, StoredCase]) -> Iterator[str]:
        deleted = Counter(
            action.target_id for action in self._of(ActionKind.DELETE) if not self._in_review(action)
        )
        for message_id, case in cases.items():
            ordered = [decision for decision in case.decisions if decision.action == "delete"]
            times = deleted.pop(message_id, 0)
            if times > len(ordered):
                yield f"message {message_id} was deleted {times} times for {len(ordered)} decisions"
            if _carried_out(ordered) and times == 0 and message_id not in self.taken_down:
                yield f"case {case.id} says that its message was deleted, and it was not"
        yield from (f"message {each} was deleted and has no case" for each in deleted)

    def _timeouts_that_are_wrong(self, cases: dict[int, StoredCase]) -> Iterator[str]:
        done, authors = self._of(ActionKind.TIMEOUT), self._authors()
        ordered = [
            (case, decision)
            for case in cases.values()
            for decision in case.decisions
            if decision.action == "timeout"
        ]
        for case, decision in ordered:
            fitting = [action for action in done if _is_about(action, case, decision)]
            if len(fitting) > 1:
                yield f"the timeout of case {case.id} was carried out {len(fitting)} times"
            if decision.enforced and not any(_covers(action, authors[case.id], decision) for action in done):
                yield f"case {case.id} says that its author was timed out, and nobody was"
        for action in done:
            if not any(_is_about(action, case, decision) for case, decision in ordered):
                yield f"member {action.target_id} was timed out without a decision"

    def _authors(self) -> dict[int, int]:
        """{case id: whom it is about}."""
        return dict(
            self.stage.bot.query("SELECT id, author_id FROM case_file WHERE guild_id = ?", self.stage.guild.id)
        )

    def _done_twice(self) -> Iterator[str]:
        """The audit log names the case of every deed: none is there twice."""
        lines = Counter((entry.event.name, entry.reason) for entry in self.stage.audit_log)
        yield from (f"{times} times in the audit log: {line}" for line, times in lines.items() if times > 1)

    def _of(self, kind: ActionKind) -> list[Action]:
        guild_id = self.stage.guild.id
        return [action for action in self.stage.discord.actions_of(kind) if action.guild_id == guild_id]


def _carried_out(decisions: list[StoredDecision]) -> bool:
    return any(decision.enforced for decision in decisions)


def _ends_at(decision: StoredDecision) -> datetime:
    return decision.decided_at + (decision.timeout or timedelta())


def _is_about(action: Action, case: StoredCase, decision: StoredDecision) -> bool:
    """Whether a timeout is this decision's: it names the case, and ends when the decision says."""
    names_it = (action.reason or "").startswith(f"case {case.id},")
    return names_it and abs(action.detail["until"] - _ends_at(decision)) <= _SAME


def _covers(action: Action, author_id: int, decision: StoredDecision) -> bool:
    """Whether a timeout is the decision's, or one of the same author that lasts as long: then none is added."""
    return action.target_id == author_id and action.detail["until"] >= _ends_at(decision) - _SAME
