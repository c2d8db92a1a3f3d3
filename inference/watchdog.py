"""When a child is to be killed: it hangs, or its memory grows without end. No clock, no process."""

from dataclasses import dataclass

from inference.engine_options import EngineOptions


@dataclass(slots=True)
class Watchdog:
    """Of one child. Times are seconds of one monotonic clock."""

    options: EngineOptions
    last_sign: float
    """When the child last said something, or had nothing to say anything about: see `heard`."""
    owing: bool = False
    """Whether it was told to stop something, and has said nothing since. Whoever hangs must not be let off by asks
    that are given up before it counts as a hang."""
    patience: float = 0.0
    """How long the child says that a step of its may take."""
    memory: int | None = None
    """Bytes that it had when it was ready; None where that is not told."""
    outgrown: bool = False
    """Whether it was killed for its memory, which no ask is to blame for."""

    def heard(self, now: float) -> None:
        """The child said something."""
        self.last_sign, self.owing = now, False

    def complaint(self, now: float, *, ready: bool, busy: bool, memory: int | None) -> str:
        """Why the child is to be killed; empty when all is well.

        `ready`: the model is loaded. `busy`: it was asked something. `memory`: bytes that it has now, if known.
        """
        if ready and not busy and not self.owing:
            self.last_sign = now
        working = max(self.options.hang_seconds, self.patience)
        allowed = working if ready else self.options.start_seconds
        if now - self.last_sign > allowed:
            return f"is silent for {allowed:.0f} s"
        return self._growth(memory) if ready else ""

    def _growth(self, memory: int | None) -> str:
        if self.memory is None or memory is None or memory - self.memory <= self.options.memory_growth:
            return ""
        self.outgrown = True
        return f"has grown from {self.memory >> 20} to {memory >> 20} MiB"
