"""What can go wrong at one replica, sorted by what the pool does about it. No message holds a member's text."""

from policies.phrases import Phrase

NEEDED = "it has to be llama-server, or vLLM 0.10.2 or newer"
"""What to do about a server that cannot do what judging needs."""


class ReplicaFault(Exception):
    """The replica failed; another may do better. Several in a row and it is left alone for a while."""


class Garbled(ReplicaFault):
    """The replica answered, but not with what was asked for."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(str(why))
        self.why = why


class ReplicaBusy(Exception):
    """The replica is well and takes nothing more at the moment."""


class TooLong(Exception):
    """The prompt has more tokens than the model's context at this replica: no attempt can help."""
