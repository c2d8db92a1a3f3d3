"""What judges under which settings, how much it is asked at once, and how it says that it is doing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.errors import EnvironmentProblem
from bot.health import JudgeHealth
from bot.judges.choosing import jobs_in_flight, judge_source
from bot.judges.own_model import OwnModel, engine_options, health_of
from bot.judges.servers import Servers, http_options
from bot.judges.source import budgets
from bot.models.meter import Advance, Meter
from bot.settings import Settings
from inference.http.options import HttpOptions
from inference.judge import JudgeUnavailable
from inference.judging import Budgets
from inference.prompt import Harmony
from inference.rendering import Content
from inference.scheduling.counters import ByPriority, Counters
from tests.bot.adapters import make_policy
from tests.inference.http.completion_server import CompletionServer, serving, status
from tests.inference.http.token_model import TokenModel


@contextmanager
def no_meter() -> Iterator[Meter]:
    class Silent:
        def step(self, title: str, total: int, done: int) -> Advance:  # noqa: ARG002 - the port's signature
            return lambda _: None

    yield Silent()


@pytest.fixture
def folder(tmp_path: Path, vocabulary_folder: Path) -> Path:
    """A data folder with the vocabulary in it."""
    (tmp_path / "vocabulary").symlink_to(vocabulary_folder)
    return tmp_path


@pytest.fixture
def server(harmony: Harmony) -> CompletionServer:
    return CompletionServer(TokenModel(harmony, 1, make_policy().rule_ids, sure=True))


def on_servers(folder: Path, *urls: str, **servers: object) -> Settings:
    return Settings(data_folder=folder, servers={"urls": urls, **servers})


def test_servers_judge_where_they_are_named_and_this_machine_elsewhere(tmp_path):
    assert isinstance(judge_source(Settings(data_folder=tmp_path)), OwnModel)
    source = judge_source(on_servers(tmp_path, "http://a", "http://b", model="safeguard"))
    assert isinstance(source, Servers)
    assert (source.find(), "safeguard, on 2 servers" in source.notice) == ("safeguard", True)


@pytest.mark.parametrize(
    ("settings", "jobs"),
    [
        ({"engine": {"width": 8}}, 12),
        ({"engine": {"width": 1}}, 3),
        ({"engine": {"width": 8, "queue": 16}}, 8),
        ({"servers": {"urls": ("http://a", "http://b"), "width": 10}}, 30),
        ({"servers": {"urls": ("http://a",)}}, 24),
        ({"servers": {"urls": ("http://a",), "width": 1000}}, 128),
    ],
)
def test_a_worker_asks_for_half_as_much_again_as_is_judged_together_and_never_fills_the_queue(settings, jobs):
    assert jobs_in_flight(Settings(**settings)) == jobs


def test_the_engine_is_told_what_is_set(tmp_path):
    engine = {"context": 9000, "gpu_memory": "12 GB", "queue": 99, "threads": 3, "gpu_layers": 5, "width": 7}
    options = engine_options(Settings(data_folder=tmp_path, engine=engine), Path("m.gguf"))
    assert (options.context, options.gpu_memory, options.queue) == (9000, 12 * 10**9, 99)
    assert (options.threads, options.gpu_layers, options.width) == (3, 5, 7)
    usual = engine_options(Settings(data_folder=tmp_path), Path("m.gguf"))
    assert (usual.context, usual.gpu_memory, usual.gpu_layers) == (None, None, -1)
    limits = Settings(engine={"reasoning_low": 20, "reasoning_medium": 30, "reasoning_high": 40}).engine
    assert budgets(limits) == Budgets(low=20, medium=30, high=40)
    assert budgets(Settings().engine) == Budgets()


def test_an_engines_health_is_what_it_has_counted():
    counters = Counters(
        steps=10, occupancy=25, running=3, waiting=ByPriority(interactive=1, live=2, backfill=4),
        prefix_hits=75, prefix_misses=25,
    )  # fmt: skip
    engine = cast("Any", SimpleNamespace(counters=counters, loading=False, restarts=2, plan=None))
    health = health_of(engine)
    assert replace(health, work=None) == JudgeHealth(3, 7, together=2.5, prefix_hits=0.75, restarts=2)
    assert health.work is not None
    assert health.work.steps == 10
    fresh = cast("Any", SimpleNamespace(counters=Counters(), loading=True, restarts=0, plan=None))
    assert replace(health_of(fresh), work=None) == JudgeHealth(0, 0, restarting=True)
    begun = cast("Any", SimpleNamespace(counters=Counters(prefix_misses=5), loading=False, restarts=0, plan=None))
    assert health_of(begun).prefix_hits is None, "every policy is read a first time"


def test_the_servers_are_asked_as_it_is_set(monkeypatch):
    monkeypatch.setenv("SAFEGUILD_SERVERS__API_KEY", "sk-1")
    servers = {
        "urls": ("http://a", "http://b"), "model": "safeguard", "model_sha256": "a" * 64, "kind": "vllm",
        "width": 9, "connect": "2 seconds", "reasoning": "40 seconds", "answer": "7 seconds",
    }  # fmt: skip
    told = http_options(Settings(servers=servers, engine={"queue": 77}))
    assert told == HttpOptions(
        urls=("http://a", "http://b"), model="safeguard", model_digest="a" * 64, api_key=SecretStr("sk-1"),
        dialect="vllm", width=9, queue=77, connect_seconds=2, analysis_seconds=40, answer_seconds=7,
    )  # fmt: skip
    assert http_options(Settings(servers={"urls": ("http://a",)})).width is None


async def test_a_verdict_comes_from_a_server_with_its_key_and_budget(folder, server, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_SERVERS__API_KEY", "sk-1")
    server.api_key = "sk-1"
    async with serving(server):
        settings = on_servers(folder, server.url, model="safeguard", model_sha256="a" * 64)
        async with Servers(settings).open(no_meter) as opened:
            verdict = await opened.judge.judge(make_policy(), Content(text="hello"))
            assert opened.health() == JudgeHealth(0, 0, prefix_hits=opened.health().prefix_hits, servers=1)
    assert (verdict.model_name, verdict.model_digest) == ("safeguard", "a" * 64)
    assert (opened.model.name, opened.model.digest) == ("safeguard", "a" * 64)
    assert server.asked[0]["n_predict"] == settings.engine.reasoning_low


async def test_servers_that_are_away_are_told_unless_the_model_is_known(folder):
    nobody = "http://127.0.0.1:9"
    with pytest.raises(EnvironmentProblem, match="no server answers") as caught:
        async with Servers(on_servers(folder, nobody)).open(no_meter):
            pass
    assert "servers.model" in caught.value.hint
    async with Servers(on_servers(folder, nobody, model="safeguard")).open(no_meter) as opened:
        with pytest.raises(JudgeUnavailable):
            await opened.judge.judge(make_policy(), Content(text="hello"))


async def test_what_goes_wrong_while_servers_judge_is_not_taken_for_their_absence_at_the_start(folder, server):
    async with serving(server):
        with pytest.raises(JudgeUnavailable, match="later"):
            async with Servers(on_servers(folder, server.url)).open(no_meter):
                raise JudgeUnavailable("later")


async def test_each_server_is_tried_out_by_itself(folder, harmony):
    model = TokenModel(harmony, 1, make_policy().rule_ids, sure=True)
    good, bad = CompletionServer(model), CompletionServer(model, kind="vllm")
    bad.always = status(500)
    async with serving(good), serving(bad):
        trials = await Servers(on_servers(folder, good.url, bad.url)).try_out()
    assert [(trial.url, trial.model, bool(trial.problem)) for trial in trials] == [
        (good.url, "a-model", False),
        (bad.url, "", True),
    ]
    assert 0 < trials[0].seconds < 60
    assert not trials[0].in_the_clear, "it stays on this machine"


async def test_a_key_file_that_others_can_read_is_warned_of(folder, server):
    path = folder / "key"
    path.write_text("sk-1")
    path.chmod(0o644)
    async with serving(server):
        with capture_logs() as lines:
            async with Servers(on_servers(folder, server.url, api_key_file=path)).open(no_meter):
                pass
    assert [line["advice"] for line in lines] == ["chmod 600"]
