"""What can go wrong with a guild's files."""

from policies.phrases import Phrase


class GuildFileError(Exception):
    """A guild's files are not as a command needs them. The message is for the person who gave the command, who may
    speak another language than the log: `str` says it in English.

    GuildFileError
    ├── UnknownPolicy       there is no policy of this name: choose another one
    ├── AlreadyThere        it was added before: change it instead
    ├── ChangedMeanwhile    somebody else was faster: look at both, then save again
    └── NotWritten          the disk refuses: nothing was changed; the operator has to look

    A file with errors in it raises `policies.document.PolicyError`, which names line and hint.
    """

    def __init__(self, message: Phrase) -> None:
        super().__init__(str(message))
        self.message = message


class UnknownPolicy(GuildFileError):
    """There is no policy, or no starter policy, of this name."""


class AlreadyThere(GuildFileError):
    """The guild has a policy file of this name."""


class ChangedMeanwhile(GuildFileError):
    """The file is not the one that a change was made from."""

    def __init__(self, message: Phrase, current: bytes | None) -> None:
        super().__init__(message)
        self.current = current
        """The file as it stands now; None if there is none."""


class NotWritten(GuildFileError):
    """The disk refuses. Nothing was changed."""
