"""`prefilter.encoder`: what the commands do with a sentence encoder, and without one that can be used."""

import json
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest

from bot.cli.scan import _options
from bot.doctor.check import Outcome
from bot.doctor.checks import SLOW_ENCODER, check_encoder
from bot.doctor.facts import EncoderFacts
from bot.doctor.gathering import encoder_facts
from bot.knowledge_source import KnowledgeSource
from bot.scan.errors import ScanChanged
from bot.settings import PrefilterSettings
from bot.settings_sources import load_settings
from inference.prefilter.joined import Joined
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.sentence_encoder import SentenceEncoder
from policies.starter import starter_policies
from tests.bot.scan.samples import chat, options_for, scan, write_export
from tests.inference.prefilter.tiny_encoder import make_encoder, write_folder

needs_onnxruntime = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")


class WithEncoder:
    """All of the doctor's facts that matter here."""

    def __init__(self, encoder: EncoderFacts | None) -> None:
        self.encoder = encoder


def test_without_one_nothing_changes_and_the_doctor_says_nothing(place):
    source = KnowledgeSource.open(PrefilterSettings())
    assert (source.knowledge(), source.is_slow, source.digest) == (Knowledge.shipped(), False, "")
    assert encoder_facts(PrefilterSettings()) is None
    assert check_encoder(WithEncoder(None)) is None


@pytest.mark.parametrize(
    ("facts", "outcome", "said"),
    [
        (EncoderFacts(384, 2.04), Outcome.OK, "384 dimensions, 2.0 ms per message"),
        (EncoderFacts(1024, 2 * SLOW_ENCODER), Outcome.WARN, "at most 20 messages a second"),
        (EncoderFacts(problem="no model", advice="put it there"), Outcome.FAIL, "no model"),
    ],
)
def test_the_doctor_judges_what_it_found(facts, outcome, said):
    check = check_encoder(WithEncoder(facts))
    assert check is not None
    assert check.outcome is outcome
    assert said in check.message
    assert bool(check.advice) is (outcome is not Outcome.OK)


def test_a_relative_folder_starts_at_the_settings_file(place):
    (place.work / "safeguild.toml").write_text('[prefilter]\nencoder = "minilm"\n')
    assert load_settings().prefilter.encoder == place.work / "minilm"


@pytest.mark.parametrize("command", [("explain", "hello"), ("scan", "chat.json"), ("demo",)])
def test_an_encoder_that_cannot_be_used_ends_a_command_before_it_begins(inside, place, monkeypatch, command):
    monkeypatch.setenv("SAFEGUILD_PREFILTER__ENCODER", str(place.work / "none"))
    write_export(place.work / "chat.json", chat(1))
    ended = inside(*command)
    assert ended.code == 3
    assert "`prefilter.encoder`: there is no folder" in ended.err
    assert "take `prefilter.encoder` out of the settings" in ended.err


def test_without_onnxruntime_the_doctor_names_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = encoder_facts(PrefilterSettings(encoder=write_folder(tmp_path)))
    assert found is not None
    assert "pip install" in found.advice


@needs_onnxruntime
def test_explain_and_doctor_use_the_encoder(inside, place, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_PREFILTER__ENCODER", str(write_folder(place.work / "tiny")))
    explain = ("explain", "you are trash", "--policy", "harassment", "--json")
    (with_encoder,) = json.loads(inside(*explain).out)["policies"]
    monkeypatch.delenv("SAFEGUILD_PREFILTER__ENCODER")
    (without,) = json.loads(inside(*explain).out)["policies"]
    assert with_encoder["score"]["surprise"] != without["score"]["surprise"]
    found = encoder_facts(PrefilterSettings(encoder=place.work / "tiny"))
    assert found is not None
    assert (found.dimensions, found.problem) == (8, "")
    assert 0 < found.milliseconds < SLOW_ENCODER


def test_a_scan_looks_with_the_encoder_and_notes_which_one_it_is(place, monkeypatch):
    encoder = make_encoder("its digest")
    monkeypatch.setattr(SentenceEncoder, "load", lambda _: encoder)
    monkeypatch.setenv("SAFEGUILD_PREFILTER__ENCODER", "any")
    options = _options(load_settings(), (place.work / "chat.json",), cards=0)
    inspector = options.build_inspector({1: [starter_policies()["spam"]]})
    assert isinstance(inspector._knowledge.embedder, Joined)
    assert inspector._knowledge.embedder.encoder is encoder
    assert options.encoder == "its digest"


async def test_a_scan_does_not_go_on_with_another_encoder(tmp_path):
    options = options_for(tmp_path, write_export(tmp_path / "chat.json", chat(3)))
    await scan(options)
    with pytest.raises(ScanChanged, match="the prefilter's encoder changed"):
        await scan(replace(options, encoder="another"))
