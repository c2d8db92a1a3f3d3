"""What can go wrong between us and llama.cpp, sorted by what to do about it."""


class ModelError(Exception):
    """The model cannot be used here; the message says why and what to do."""


class DecodeRefused(Exception):
    """There are not enough free cells for a step's rows. The cache is as it was before them: give back, go on."""


class DecodeError(Exception):
    """llama.cpp could not run a step. What the cache holds is not known: end the process and start it again."""
