"""What can go wrong with a guild's files."""


class GuildFileError(Exception):
    """A guild's files are not as a command needs them. The message is for the person who gave the command.

    GuildFileError
    ├── UnknownPolicy   there is no policy of this name: choose another one
    ├── AlreadyThere    it was added before: change it instead
    └── NotWritten      the disk refuses: nothing was changed; the operator has to look

    A file with errors in it raises `policies.document.PolicyError`, which names line and hint.
    """


class UnknownPolicy(GuildFileError):
    """There is no policy, or no starter policy, of this name."""


class AlreadyThere(GuildFileError):
    """The guild has a policy file of this name."""


class NotWritten(GuildFileError):
    """The disk refuses. Nothing was changed."""
