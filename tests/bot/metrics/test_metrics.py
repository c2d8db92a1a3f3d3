"""Metrics and health, as a monitor sees them."""

import asyncio
import http.client
import re
import socket
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.case import Action
from bot.discord_traffic import DiscordTraffic
from bot.errors import EnvironmentProblem
from bot.health import JudgeHealth, JudgeWork
from bot.intake.state import IntakeState
from bot.metrics import server as metrics_server
from bot.metrics.readings import GuildReadings, JudgeState, Readings
from bot.metrics.server import serving
from bot.metrics_settings import MetricsSettings, split_address
from bot.records.figures import Operation
from bot.records.latency import Latencies, LatencyMeter
from bot.worker import Workload

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ANYWHERE = "127.0.0.1:0"


def latencies(*seconds: float) -> Latencies:
    meter = LatencyMeter()
    for each in seconds:
        meter.observe(each)
    return meter.read()


def readings() -> Readings:
    traffic = DiscordTraffic(lambda: 0.0)
    traffic.answered(200)
    traffic.answered(429)
    return Readings(
        version="1.2.3",
        model="stand-in",
        now=NOW,
        messages=70,
        suspected=7,
        workload=Workload(judged=6, undecided=1, violations=2, tokens=300, judge_milliseconds=1500.0),
        verdicts_per_second=2.5,
        judge=JudgeState.READY,
        judge_reason="",
        health=JudgeHealth(
            judging=1, waiting=2, restarts=3, work=JudgeWork(10, 300, 4000, 1.5, 0.5, kv_used=0.25)
        ),
        operation=Operation(4, 1, NOW - timedelta(seconds=90), 2, 5, NOW - timedelta(hours=2), 0, 3),
        store_reason="",
        write_times=latencies(0.002, 0.3, 60.0),
        damaged_texts=3,
        intake=IntakeState(waiting=8),
        decided={Action.DELETE: 2, Action.DISMISS: 1},
        traffic=traffic.read(),
        connected=True,
        paused=False,
        guilds={7: GuildReadings(0.5, 2)},
    )


@dataclass
class Monitor:
    """Asks what is served."""

    port: int
    told: Readings = field(default_factory=readings)

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        return await asyncio.to_thread(self._get, path, method, headers)

    def _get(self, path: str, method: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    async def samples(self) -> dict[str, float]:
        """{name with labels: value}."""
        status, text = await self.get("/metrics")
        assert status == 200
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return found


@pytest.fixture
async def monitor() -> AsyncIterator[Monitor]:
    made: list[Monitor] = []

    async def gather() -> Readings:
        return made[0].told

    async with serving(ANYWHERE, gather) as port:
        made.append(Monitor(port))
        yield made[0]


async def test_every_number_is_told(monitor: Monitor) -> None:
    found = await monitor.samples()
    expected = {
        "safeguild_messages_total": 70,
        "safeguild_suspected_messages_total": 7,
        "safeguild_verdicts_total{outcome=violation}": 2,
        "safeguild_verdicts_total{outcome=allowed}": 3,
        "safeguild_verdicts_total{outcome=undecided}": 1,
        "safeguild_verdict_seconds_total": 1.5,
        "safeguild_judge_state{state=ready}": 1,
        "safeguild_judge_state{state=away}": 0,
        "safeguild_model_tokens_total{kind=read}": 4000,
        "safeguild_kv_used_ratio": 0.25,
        "safeguild_queue_jobs{state=waiting}": 4,
        "safeguild_queue_oldest_seconds": 90,
        "safeguild_open_case_oldest_seconds": 7200,
        "safeguild_cards_owed": 3,
        "safeguild_decisions_total{action=delete}": 2,
        "safeguild_store_write_seconds_bucket{le=0.0025}": 1,
        "safeguild_store_write_seconds_bucket{le=5.0}": 2,
        "safeguild_store_write_seconds_bucket{le=+Inf}": 3,
        "safeguild_store_write_seconds_count": 3,
        "safeguild_store_damaged_texts": 3,
        "safeguild_discord_answers_total{status=429}": 1,
        "safeguild_guild_flagging_part{guild=7}": 0.5,
        "safeguild_info{model=stand-in,version=1.2.3}": 1,
    }
    assert {name: found.get(name) for name in expected} == expected


async def test_the_documentation_names_every_metric_and_no_other(monitor: Monitor) -> None:
    page = (Path(__file__).parents[3] / "docs/metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(safeguild_\w+)` \|([^|]*)\|", page, re.MULTILINE)
    _, text = await monitor.get("/metrics")
    kept = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("safeguild"):
            suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            kept[family.name.removesuffix(suffix) + suffix] = labels
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == kept
    for name in set(re.findall(r"safeguild_\w+", page)) - {"safeguild_model_"}:
        assert name.removesuffix("_bucket") in kept, f"{name} is in an example and does not exist"


async def test_a_guild_is_named_only_where_that_is_wanted(monitor: Monitor) -> None:
    monitor.told = replace(monitor.told, guilds={})
    assert not [name for name in await monitor.samples() if "guild=" in name]


async def test_what_is_not_known_is_left_out(monitor: Monitor) -> None:
    monitor.told = replace(
        monitor.told, operation=None, health=None, verdicts_per_second=None, judge=JudgeState.LOADING
    )
    found = await monitor.samples()
    assert found["safeguild_store_up"] == 0
    assert not {"safeguild_open_cases", "safeguild_judge_waiting", "safeguild_verdicts_per_second"} & found.keys()


async def test_open_metrics_are_spoken_where_they_are_asked_for(monitor: Monitor) -> None:
    _, text = await monitor.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "ready"),
        ({"connected": False}, "gateway: there is no connection"),
        ({"paused": True}, "discord: Discord refused too many requests"),
        ({"judge": JudgeState.LOADING}, "judge: loading; what is suspected waits"),
        ({"judge": JudgeState.AWAY, "judge_reason": "no answer"}, "judge: away (no answer)"),
        ({"operation": None, "store_reason": "the disk is full"}, "store: the disk is full"),
    ],
)
async def test_ready_means_that_it_moderates_and_else_says_why_not(
    monitor: Monitor, change: dict[str, Any], told: str
) -> None:
    monitor.told = replace(monitor.told, **change)
    status, text = await monitor.get("/readyz")
    assert told in text
    assert status == (503 if change else 200)
    assert await monitor.get("/healthz") == (200, "alive\n"), "an outage is no reason to restart it"


async def test_a_bot_that_is_stuck_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "ANSWER_SECONDS", 0.05)
    stuck = asyncio.Event()

    async def gather() -> Readings:
        await stuck.wait()
        return readings()

    async with serving(ANYWHERE, gather) as port:
        status, text = await Monitor(port).get("/healthz")
    assert (status, "does not answer" in text) == (503, True)


async def test_other_pages_and_other_ways_of_asking_are_told_what_there_is(monitor: Monitor) -> None:
    assert await monitor.get("/") == (404, "There are only /metrics, /healthz, /readyz.\n")
    assert (await monitor.get("/metrics", "POST"))[0] == 405
    assert await monitor.get("/healthz", "HEAD") == (200, "")


async def test_somebody_who_says_nothing_holds_nobody_up(monitor: Monitor) -> None:
    with socket.create_connection(("127.0.0.1", monitor.port)):
        assert (await monitor.get("/healthz"))[0] == 200


async def test_afterwards_nothing_listens_and_no_thread_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    async def gather() -> Readings:
        return readings()

    async with serving(ANYWHERE, gather) as port:
        await Monitor(port).get("/healthz")
        with pytest.raises(EnvironmentProblem, match="metrics cannot be served"):
            async with serving(f"127.0.0.1:{port}", gather):
                pass
    with pytest.raises(OSError, match="refused"):
        await Monitor(port).get("/healthz")
    assert "metrics" not in {thread.name for thread in threading.enumerate()}
    assert "GET /healthz" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("address", "host"), [("127.0.0.1:9464", "127.0.0.1"), ("[::1]:9464", "::1"), ("localhost:9464", "localhost")]
)
def test_an_address_is_a_host_and_a_port(address: str, host: str) -> None:
    assert split_address(address) == (host, 9464)


@pytest.mark.parametrize("address", ["9464", ":9464", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:70000"])
def test_what_is_no_address_is_refused_when_settings_are_read(address: str) -> None:
    with pytest.raises(ValueError, match="write a host and a port"):
        MetricsSettings(address=address)


def test_an_acknowledgement_is_timed_once_and_those_that_never_come_are_forgotten() -> None:
    now = [0.0]
    traffic = DiscordTraffic(lambda: now[0])
    traffic.received(1)
    now[0] = 0.2
    traffic.acknowledged(1)
    traffic.acknowledged(1)
    traffic.acknowledged(99)
    for number in range(2, 1500):
        traffic.received(number)
    traffic.acknowledged(2)
    told = traffic.read().acknowledgements
    assert (told.number, told.total) == (1, 0.2)
