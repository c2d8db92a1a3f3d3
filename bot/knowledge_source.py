"""What the prefilter knows, as the settings say: what ships, or that with the operator's sentence encoder."""

from dataclasses import dataclass
from functools import cached_property

from bot.errors import EnvironmentProblem
from bot.settings import PrefilterSettings
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.onnx_network import UnusableEncoder
from inference.prefilter.sentence_encoder import SentenceEncoder


@dataclass(frozen=True)
class KnowledgeSource:
    """Where `Knowledge` comes from."""

    encoder: SentenceEncoder | None = None

    @classmethod
    def open(cls, settings: PrefilterSettings) -> "KnowledgeSource":
        """Read the encoder, if one is set: some tenths of a second.

        Raises:
            EnvironmentProblem: it cannot be used.
        """
        if settings.encoder is None:
            return cls()
        try:
            return cls(SentenceEncoder.load(settings.encoder))
        except UnusableEncoder as error:
            hint = f"{error.advice}; or take `prefilter.encoder` out of the settings"
            raise EnvironmentProblem(f"`prefilter.encoder`: {error}", hint) from error

    @property
    def is_slow(self) -> bool:
        """Whether a look at a message takes milliseconds, not microseconds."""
        return self.encoder is not None

    @property
    def digest(self) -> str:
        """Of the encoder's files; empty without one."""
        return self.encoder.digest if self.encoder else ""

    def knowledge(self) -> Knowledge:
        """The same each time. First the encoder reads ordinary chat: seconds. Not for two threads at once."""
        return self._made

    @cached_property
    def _made(self) -> Knowledge:
        shipped = Knowledge.shipped()
        return shipped.with_encoder(self.encoder) if self.encoder else shipped
