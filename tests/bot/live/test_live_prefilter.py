"""The running bot's prefilter, wired as `safeguild run` wires it: the list of domains, and the encoder."""

import asyncio
import gc
from pathlib import Path

from pydantic import SecretStr

from bot.domains import feed as feed_module
from bot.gate.gate import GateInspector
from bot.judges.own_model import OwnModel
from bot.live.ground import Ground
from bot.live.late_judge import LateJudge
from bot.live.parts import put_together
from bot.live.run import _Live
from bot.models.choice import Choice
from bot.settings import Settings
from inference.prefilter.joined import Joined
from inference.prefilter.sentence_encoder import SentenceEncoder
from inference.prefilter.suspicion import EvidenceKind
from policies.starter import starter_text
from tests.bot.adapters import GUILD, START, make_message
from tests.bot.guilds.shelves import running, until
from tests.inference.prefilter.tiny_encoder import make_encoder


async def live_bot(folder: Path, memory, clock, **sections) -> _Live:
    """The bot before its first connection, with one policy in force."""
    shelf = folder / "policies" / str(GUILD)
    shelf.mkdir(parents=True)
    (shelf / "scams.yaml").write_text(starter_text("scams"))
    settings = Settings(data_folder=folder, **sections)
    ground = Ground(settings, folder, memory, LateJudge("tiny", START), clock)
    live = _Live(ground, OwnModel(settings, Choice(None, "")), await put_together(ground), SecretStr("none"))
    async with running(live._works()["policies"]()):
        await live.in_force.wait()
    return live


async def test_with_the_policies_in_force_full_collections_have_little_to_look_through(
    memory, tmp_path, walk_clock
):
    gc.unfreeze()
    await live_bot(tmp_path, memory, walk_clock)
    left = len(gc.get_objects())
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert left < frozen / 10


async def test_a_list_that_is_fetched_at_the_start_waits_for_what_was_counted(memory, tmp_path, walk_clock):
    listed = tmp_path / "domains.txt"
    listed.write_text("blorp-gifts.com\n")
    live = await live_bot(tmp_path, memory, walk_clock, domains={"file": listed})
    live.in_force.clear()
    before = live.parts.moderation._rulebook
    listed.write_text("zorp-gifts.com\n")
    async with running(live._works()["domains"]()):
        await asyncio.sleep(0.1)
        assert live.parts.moderation._rulebook is before
        live.in_force.set()
        await until(lambda: live.parts.moderation._rulebook is not before)


async def test_a_changed_list_of_domains_is_in_force_without_a_restart(memory, tmp_path, walk_clock, monkeypatch):
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0.02)
    listed = tmp_path / "domains.txt"
    listed.write_text("# mine\nblorp-gifts.com\n")
    live = await live_bot(tmp_path, memory, walk_clock, domains={"file": listed})

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


async def test_repeats_are_found_through_disguises_and_in_long_texts(memory, tmp_path, walk_clock):
    live = await live_bot(tmp_path, memory, walk_clock)
    await live.parts.policy_book.add(GUILD, "spam")
    for text in ("come and see my wonderful garden today", "tell me of your garden and of mine " * 110):
        disguised = text.replace("e", "\N{CYRILLIC SMALL LETTER IE}")
        said = [text, disguised, text.upper(), f"{disguised} now"]
        messages = [make_message(len(text) + n, each, author_id=n) for n, each in enumerate(said, start=1)]
        rulebook = live.parts.moderation._rulebook
        found = [rulebook.suspect(message, just_written=True) for message in messages]
        kinds = (
            {it.kind for suspicion in found[-1].suspicions for it in suspicion.evidence} if found[-1] else set()
        )
        assert EvidenceKind.REPEAT in kinds


async def test_an_encoder_reads_along_and_messages_are_looked_at_in_a_thread(
    memory, tmp_path, walk_clock, monkeypatch
):
    encoder = make_encoder()
    monkeypatch.setattr(SentenceEncoder, "load", lambda _: encoder)
    live = await live_bot(tmp_path, memory, walk_clock, prefilter={"encoder": tmp_path})
    rulebook = live.parts.moderation._rulebook
    assert rulebook.takes_long
    assert isinstance(rulebook.inspector, GateInspector)
    embedder = rulebook.inspector.looker._knowledge.embedder
    assert isinstance(embedder, Joined)
    assert embedder.encoder is encoder
    assert await live.parts.moderation.receive(make_message(text="free nitro here"), just_written=True)
