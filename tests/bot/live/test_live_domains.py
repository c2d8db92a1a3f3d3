"""The running bot's list of phishing domains, wired as `safeguild run` wires it."""

from pydantic import SecretStr

from bot.domains import feed as feed_module
from bot.judges.own_model import OwnModel
from bot.live.late_judge import LateJudge
from bot.live.parts import Ground, put_together
from bot.live.run import _Live
from bot.models.choice import Choice
from bot.settings import Settings
from inference.prefilter.suspicion import EvidenceKind
from policies.starter import starter_text
from tests.bot.adapters import GUILD, START, make_message
from tests.bot.guilds.shelves import running, until


async def test_a_changed_list_of_domains_is_in_force_without_a_restart(memory, tmp_path, walk_clock, monkeypatch):
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0.02)
    listed, shelf = tmp_path / "domains.txt", tmp_path / "policies" / str(GUILD)
    listed.write_text("# none yet\nblorp-gifts.com\n")
    shelf.mkdir(parents=True)
    (shelf / "scams.yaml").write_text(starter_text("scams"))
    settings = Settings(data_folder=tmp_path, domains={"file": listed})
    ground = Ground(settings, tmp_path, memory, LateJudge("tiny", START), walk_clock)
    live = _Live(ground, OwnModel(settings, Choice(None, "")), await put_together(ground), SecretStr("none"))
    await live.parts.policy_book.put_in_force()

    def links(text: str) -> list[str]:
        suspected = live.parts.moderation.suspect(make_message(text=text))
        found = suspected.suspicions if suspected else ()
        return [it.name for suspicion in found for it in suspicion.evidence if it.kind is EvidenceKind.LINK]

    old, new = "look at http://blorp-gifts.com/x", "look at http://zorp-gifts.com/x"
    assert "blorp-gifts.com" in " ".join(links(old))
    assert not links(new)
    async with running(live._works()["domains"]()):
        listed.write_text("zorp-gifts.com\n")
        await until(lambda: bool(links(new)))
        assert not links(old)
