"""A scheduler on a machine of known speed, by a clock that only its steps move on."""

from dataclasses import dataclass

from inference.scheduling.scheduler import Cells, Limits, Scheduler, Sequence, Step
from inference.ticket import Priority, Ticket

PREFIX = tuple(range(40))


@dataclass(frozen=True)
class Speed:
    """Seconds of a step: for itself, for each of its tokens, and for each of its outputs besides."""

    fixed: float
    token: float
    output: float = 0.0

    def of(self, step: Step) -> float:
        outputs = [row for row in step.rows if row.sequence is not None]
        return self.fixed + self.token * sum(len(row.tokens) for row in step.rows) + self.output * len(outputs)


class Machine:
    """Sequences of `private` tokens that decode `answer` more, all behind one prefix if not said otherwise."""

    def __init__(self, speed: Speed, width: int = 16, step_tokens: int = 256, prefixes: int = 4) -> None:
        self.scheduler = Scheduler(Limits(width, prefixes, Cells(60_000, 20_000), step_tokens, 128))
        self.speed = speed
        self.now = 0.0
        self.left: dict[int, int] = {}
        self.asked: dict[int, float] = {}
        self.took: dict[int, float] = {}
        """Seconds from being asked to the last output, by number, in the order of the ends."""
        self.sequences: list[Sequence] = []

    def add(
        self,
        priority: Priority,
        private: int,
        answer: int,
        prefix: str = "policy",
        tenant: int = 0,
        at: float | None = None,
    ) -> Sequence:
        """`at`: when it was asked, which may be while the last step ran."""
        number = len(self.sequences)
        sequence = Sequence(number, prefix, PREFIX, private + answer, Ticket(priority, tenant))
        self.scheduler.add(sequence, [1] * private, self.now)
        self.sequences.append(sequence)
        self.left[number], self.asked[number] = answer, self.now if at is None else at
        return sequence

    def step(self) -> dict[int, int]:
        """Run one; the tokens that each sequence had in it."""
        step = self.scheduler.step(self.now)
        assert step is not None
        owners = {sequence.slot: sequence.id for sequence in self.scheduler.running}
        seconds = self.speed.of(step)
        self.now += seconds
        self.scheduler.spent(step, seconds)
        for row in step.rows:
            if row.sequence is not None:
                self.read(row.sequence)
        return {owners[row.slot]: len(row.tokens) for row in step.rows if row.slot in owners}

    def read(self, sequence: Sequence) -> None:
        if self.left[sequence.id]:
            self.left[sequence.id] -= 1
            self.scheduler.feed(sequence, [1])
        else:
            self.scheduler.remove(sequence)
            self.took[sequence.id] = self.now - self.asked[sequence.id]

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    def run_until(self, when: float) -> None:
        """Work, or wait where there is none."""
        while self.now < when and not self.scheduler.idle:
            self.step()
        self.now = max(self.now, when)

    def run_out(self) -> None:
        while not self.scheduler.idle:
            self.step()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * len(values))]
