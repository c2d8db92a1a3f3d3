"""Fitted scores lie in the data folder for the next start, wired as `safeguild run` wires it."""

from bot.live.ground import Ground
from bot.live.late_judge import LateJudge
from bot.live.parts import put_together
from bot.settings import Settings
from inference.prefilter.scores.lesson import Learned
from policies.starter import starter_text
from tests.bot.adapters import GUILD, START, make_message


async def test_the_second_start_fits_nothing(memory, tmp_path, walk_clock, monkeypatch):
    folder = tmp_path / "policies" / str(GUILD)
    folder.mkdir(parents=True)
    (folder / "harassment.yaml").write_text(starter_text("harassment"))
    ground = Ground(Settings(data_folder=tmp_path), tmp_path, memory, LateJudge("tiny", START), walk_clock)
    first = await put_together(ground)
    await first.policy_book.put_in_force()
    (kept,) = (tmp_path / "cache" / "scores").iterdir()
    assert kept.stat().st_mode & 0o077 == 0

    monkeypatch.setattr(Learned, "of", None)  # so that nothing can be fitted
    second = await put_together(ground)
    await second.policy_book.put_in_force()
    message = make_message(text="nobody likes you, you pathetic loser")
    assert second.moderation.suspect(message) == first.moderation.suspect(message) is not None
