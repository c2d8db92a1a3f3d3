"""Which tokens a step holds.

In the plain case everybody who decodes has a row in every step, and prompts share what is left of it. Of the
prompts the one goes first that has the fewest tokens left for each sequence that waits for them (Smith's rule: the
least mean time to a first token), less what it has waited, so that a long one is not passed for ever.

While somebody sits before a screen, the others join a step only as far as they slow it down by a fifth, in the
mean: what tokens and outputs cost is learned. What a step allows and does not use is carried over, so that the
others always have a sixth of the machine's time, and whoever was not fed for longest comes first. And for some
minutes prompts are fed in pieces that do not make a step long, so that the next one who sits down need not wait
for its end.
"""

from collections.abc import Iterable

from inference.scheduling.prefixes import Prefix
from inference.scheduling.step_cost import StepCost
from inference.scheduling.steps import Limits, Row, Sequence
from inference.ticket import Priority

SLOWDOWN = 0.2
"""Seconds that others may add to a step for each second that it takes without them."""
CARRIED_OVER = 5
"""Of so many steps the unused allowance is kept: enough for a row where a row costs as much as a step."""
BACKFILL_PATIENCE = 4
"""Backfill must have waited so many times longer than a live one to come before it."""

BRISK_SECONDS = 0.5
"""What a brisk step may take: so long waits at most who has just asked."""
SMALLEST_PIECE = 16
"""Tokens of prompts that even a brisk step takes."""

Fed = Sequence | Prefix
"""What has rows."""


class Batching:
    """Makes the rows of a step."""

    def __init__(self, limits: Limits) -> None:
        self.cost = StepCost()
        self._step_tokens = limits.step_tokens
        self._ageing = max(1, limits.step_tokens // 8)
        self._allowance = 0.0

    def rows(
        self, step: int, running: Iterable[Sequence], unfilled: Iterable[Prefix], *, brisk: bool = False
    ) -> list[Row]:
        """Feed sequences that began and prefixes that somebody waits for, at most `step_tokens` in all.

        `brisk`: somebody may come and sit before a screen, so prompts do not make a step long.
        """
        decoding: list[Sequence] = []
        prompts: list[Fed] = [prefix for prefix in unfilled if prefix.users and prefix.pending]
        urgent = False
        for sequence in running:
            urgent = urgent or sequence.ticket.priority is Priority.INTERACTIVE
            if sequence.began:
                pending = len(sequence.tokens) - sequence.fed
                if pending == 1:
                    decoding.append(sequence)
                elif pending:
                    prompts.append(sequence)
        if urgent:
            return self._with_guests(step, [*decoding, *prompts])
        most = self._brisk(len(decoding)) if brisk else self._step_tokens
        return self._fill(step, decoding, prompts, most)

    def _brisk(self, decoding: int) -> int:
        """Tokens of a step that is not long; everybody who decodes and a piece of a prompt always go."""
        if not self.cost.known or not self.cost.per_token:
            return self._step_tokens
        tokens = int((BRISK_SECONDS - self.cost.of(0, decoding)) / self.cost.per_token)
        return min(self._step_tokens, max(tokens, decoding + SMALLEST_PIECE))

    def _with_guests(self, step: int, fed: list[Fed]) -> list[Row]:
        """Those who are waited for before a screen, and of the others as many as hardly slow them down."""
        hosts = [item for item in fed if _is_urgent(item)]
        guests = [item for item in fed if not _is_urgent(item)]
        decoding = [item for item in hosts if item.pending == 1]
        most = min(self._brisk(len(decoding)), self._step_tokens - (self._step_tokens // 4 if guests else 0))
        rows = self._fill(step, decoding, [item for item in hosts if item.pending > 1], most)
        guests.sort(key=lambda item: (-_impatience(item, step), item.pending))
        return rows + self._let_join(step, guests, rows)

    def _let_join(self, step: int, guests: list[Fed], hosts: list[Row]) -> list[Row]:
        """Of the guests, in this order, as much as the hosts' rows leave time and room for."""
        tokens = _tokens(hosts)
        room = self._step_tokens - tokens
        if self.cost.known:
            self._earn(self.cost.of(tokens, _outputs(hosts)))
        rows: list[Row] = []
        for item in guests:
            most = self._affordable(item, room)
            if most <= 0:
                break
            row = _take(item, most, step)
            self._allowance -= self._price(row)
            room -= len(row.tokens)
            rows.append(row)
        return rows

    def _earn(self, seconds: float) -> None:
        """A step of the hosts alone would take so long. What is carried over is at least enough for one row."""
        gain = SLOWDOWN * seconds
        most = max(CARRIED_OVER * gain, self.cost.of_row(1, 1))
        self._allowance = min(self._allowance + gain, most)

    def _affordable(self, item: Fed, room: int) -> int:
        """How many of its next tokens may join; 0 when the time or the room is used up."""
        if not self.cost.known:
            return room
        whole = min(item.pending, room)
        asks = whole == item.pending and isinstance(item, Sequence)
        if self.cost.of_row(whole, asks) <= self._allowance:
            return whole
        if not self.cost.per_token:
            return whole - 1
        return min(whole - asks, int(self._allowance / self.cost.per_token))

    def _price(self, row: Row) -> float:
        return self.cost.of_row(len(row.tokens), row.sequence is not None) if self.cost.known else 0.0

    def _fill(self, step: int, decoding: Iterable[Fed], prompts: list[Fed], left: int) -> list[Row]:
        """One row for everybody who decodes, then prompts while there is room."""
        rows = [_take(item, 1, step) for item in decoding]
        left -= len(rows)
        if len(prompts) > 1:
            prompts.sort(key=lambda item: self._rank(item, step))
        for item in prompts:
            if left <= 0:
                break
            row = _take(item, left, step)
            left -= len(row.tokens)
            rows.append(row)
        return rows

    def _rank(self, item: Fed, step: int) -> float:
        """Tokens left for each sequence that waits for them, less the age; backfill comes later."""
        waiting, priority = (
            (1, item.ticket.priority) if isinstance(item, Sequence) else (len(item.users), _priority(item))
        )
        late = 2 * self._step_tokens if priority is Priority.BACKFILL else 0
        return item.pending / waiting + late - self._ageing * (step - item.ready_step)


def _take(item: Fed, most: int, step: int) -> Row:
    """The next tokens of a sequence or prefix, as a row."""
    start = item.fed
    end = min(start + most, len(item.tokens))
    item.fed = end
    item.fed_step = step
    tokens = tuple(item.tokens[start:end])
    if isinstance(item, Prefix):
        return Row(item.slot, tokens, start, None)
    return Row(item.slot, tokens, len(item.prefix_tokens) + start, item if end == len(item.tokens) else None)


def _tokens(rows: Iterable[Row]) -> int:
    return sum(len(row.tokens) for row in rows)


def _outputs(rows: Iterable[Row]) -> int:
    return sum(row.sequence is not None for row in rows)


def _priority(prefix: Prefix) -> Priority:
    """Of the most urgent of those who wait for it."""
    return min(sequence.ticket.priority for sequence in prefix.users.values())


def _is_urgent(item: Fed) -> bool:
    priority = item.ticket.priority if isinstance(item, Sequence) else _priority(item)
    return priority is Priority.INTERACTIVE


def _impatience(item: Fed, step: int) -> float:
    """Steps that it could have had a row in and had none."""
    priority = item.ticket.priority if isinstance(item, Sequence) else _priority(item)
    patience = BACKFILL_PATIENCE if priority is Priority.BACKFILL else 1
    return (step - max(item.fed_step, item.ready_step)) / patience
