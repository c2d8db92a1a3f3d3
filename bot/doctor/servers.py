"""What trying out the servers that judge means. Pure functions."""

from collections.abc import Iterable, Sequence

from bot.doctor.check import Check, fail, ok, warn
from bot.trial import ServerTrial

_RUNNING = "see that it runs as docs/engine.md shows, and can be reached from here with the key that is set"


def examine_servers(trials: Sequence[ServerTrial]) -> list[Check]:
    """One check per server, and one on all of them together."""
    return [*map(_server, trials), *_together(trials)]


def _server(trial: ServerTrial) -> Check:
    host = trial.url.partition("://")[2].rstrip("/")
    name = f"server {host}"
    if trial.problem:
        return fail(name, f"it does not judge: {trial.problem.removeprefix(f'{host}: ')}", _RUNNING)
    message = f"{trial.model} judged a message in {trial.seconds:.1f} s"
    if trial.in_the_clear:
        advice = "fine in a private network; elsewhere put TLS before it: what members write is in it"
        return warn(name, f"{message}; the connection is not encrypted", advice)
    return ok(name, message)


def _together(trials: Iterable[ServerTrial]) -> list[Check]:
    models = sorted({trial.model for trial in trials if not trial.problem})
    if len(models) < 2:
        return []
    message = f"they serve different models: {', '.join(models)}"
    return [warn("servers", message, "let all of them serve one model: verdicts would differ by chance")]
