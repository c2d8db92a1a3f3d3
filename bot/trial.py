"""What trying out one of the servers that judge has shown. Plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerTrial:
    """One server, asked to judge one harmless message."""

    url: str
    model: str = ""
    """What judged; empty where nothing did."""
    seconds: float = 0.0
    """From the question to the verdict."""
    problem: str = ""
    """Why there is no verdict; empty if there is one."""

    @property
    def in_the_clear(self) -> bool:
        """Whether messages would go over a network where others can read them."""
        host = self.url.removeprefix("http://")
        return host != self.url and not host.startswith(("127.", "localhost", "[::1]"))
