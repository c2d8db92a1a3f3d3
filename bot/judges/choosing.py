"""What judges under the settings, and how much it is asked at once."""

from bot.judges.own_model import OwnModel
from bot.judges.servers import Servers
from bot.judges.source import JudgeSource
from bot.models.choice import choose_model
from bot.settings import Settings

USUAL_WIDTH = 16
"""Questions that a server is thought to judge at the same time as long as it has not said how many."""


def judge_source(settings: Settings) -> JudgeSource:
    """What judges under these settings.

    Raises:
        EnvironmentProblem: the record of the model in use cannot be read.
    """
    return Servers(settings) if settings.servers.urls else OwnModel(settings, choose_model(settings))


def jobs_in_flight(settings: Settings) -> int:
    """How many questions a worker may have at the judge.

    Half as many again as are judged together: whoever is next is already there when a place is free, and the
    engine has a choice of whom to take. It is fair over guilds itself, so what waits there is no unfairness.
    """
    servers = settings.servers
    width = settings.engine.width
    if servers.urls:
        width = len(servers.urls) * (USUAL_WIDTH if servers.width == "auto" else servers.width)
    return min(width + max(2, width // 2), settings.engine.queue // 2)
