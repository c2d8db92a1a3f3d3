"""Readings as Prometheus wants them. The only home of prometheus_client."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.health import JudgeHealth, JudgeWork
from bot.metrics.readings import JudgeState, Readings
from bot.records.figures import Operation
from bot.records.latency import BOUNDS, Latencies

PREFIX: Final = "safeguild_"


def exposition(readings: Readings, accept: str) -> tuple[str, bytes]:
    """The content type and the text of /metrics. `accept`: the request's header, which chooses the format."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(ReadingsCollector(readings))
    encoder, content_type = choose_encoder(accept)
    return content_type, encoder(registry)


class ReadingsCollector(Collector):
    """Metrics out of one look at the bot."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterable[Metric]:
        """Every metric; what is not known now is left out."""
        readings = self._readings
        yield InfoMetricFamily(
            "safeguild", "What is running.", {"version": readings.version, "model": readings.model}
        )
        yield from _messages(readings)
        yield from _verdicts(readings)
        yield from _judge(readings)
        yield from _store(readings)
        yield from _people(readings)
        yield from _discord(readings)
        yield from _guilds(readings)


def _messages(readings: Readings) -> Iterator[Metric]:
    intake = readings.intake
    yield _counter("messages", "New messages that were looked at.", readings.messages)
    yield _counter("suspected_messages", "Of those: suspected, or drawn for a random check.", readings.suspected)
    yield _gauge("intake_waiting", "Messages that arrived and were not looked at yet.", intake.waiting)
    yield _gauge("intake_channels_behind", "Channels that are read from history.", intake.behind)
    yield _counter("intake_caught_up", "Messages that were read from history.", intake.caught_up)
    yield _counter("intake_overflowed", "Messages that were left to history: too many came.", intake.overflowed)
    yield _counter("intake_failed", "Messages on which a defect showed.", intake.failed)
    yield _counter("intake_dropped", "Edits and deletions that were forgotten: too many waited.", intake.dropped)


def _verdicts(readings: Readings) -> Iterator[Metric]:
    work = readings.workload
    outcomes = {
        "violation": work.violations,
        "allowed": work.judged - work.violations - work.undecided,
        "undecided": work.undecided,
    }
    yield _counters("verdicts", "Answers of the model, random checks included.", "outcome", outcomes)
    yield _counter("second_looks", "Answers for which the model was asked again.", work.second_looks)
    yield _counter("verdict_tokens", "Tokens that were generated for them.", work.tokens)
    seconds = work.judge_milliseconds / 1000
    yield _counter("verdict_seconds", "From question to answer, waiting included, all together.", seconds)
    yield _gauge("verdicts_in_flight", "Questions that the model has or waits for.", work.in_flight)
    if readings.verdicts_per_second is not None:
        text = "Answers that the model can give per second, as measured lately."
        yield _gauge("verdicts_per_second", text, readings.verdicts_per_second)


def _judge(readings: Readings) -> Iterator[Metric]:
    states = {state.value: float(state is readings.judge) for state in JudgeState}
    yield _gauges("judge_state", "1 for the state that the judge is in.", "state", states)
    if readings.health is not None:
        yield from _health(readings.health)


def _health(health: JudgeHealth) -> Iterator[Metric]:
    yield _gauge("judge_waiting", "Questions that wait in the engine.", health.waiting)
    yield _gauge("judge_judging", "Questions that share the model.", health.judging)
    yield _counter("judge_restarts", "How often the model's process was started again.", health.restarts)
    yield _gauge("judge_servers", "Servers that the model runs on; 0: on this machine.", health.servers)
    yield _gauge("judge_servers_away", "Those of them that do not answer.", health.servers_away)
    if health.work is not None:
        yield from _work(health.work)


def _work(work: JudgeWork) -> Iterator[Metric]:
    tokens = {"generated": work.generated_tokens, "read": work.read_tokens}
    seconds = {"model": work.model_seconds, "between": work.other_seconds}
    yield _counter("model_steps", "Steps of the model since its process was started.", work.steps)
    yield _counters("model_tokens", "Tokens that went through the model.", "kind", tokens)
    yield _counters("model_seconds", "Time in the model's steps and between them.", "where", seconds)
    if work.kv_used is not None:
        yield _gauge("kv_used_ratio", "Room for tokens that is taken or promised, from 0 to 1.", work.kv_used)


def _store(readings: Readings) -> Iterator[Metric]:
    operation = readings.operation
    yield _gauge("store_up", "Whether the store answers.", float(operation is not None))
    text = "How long commits took, the disk's confirmation included."
    yield _histogram("store_write_seconds", text, readings.write_times)
    damaged = "Stored texts that were met since the start and are damaged."
    yield _gauge("store_damaged_texts", damaged, readings.damaged_texts)
    if operation is not None:
        yield from _queue(operation, readings.now)


def _queue(operation: Operation, now: datetime) -> Iterator[Metric]:
    jobs = {"waiting": operation.waiting, "judging": operation.judging, "random_checks": operation.audits}
    yield _gauges("queue_jobs", "Questions that wait for the model or are with it.", "state", jobs)
    yield _gauge("queue_oldest_seconds", "How long the oldest waits.", _age(operation.oldest_waiting, now))
    yield _gauge(
        "open_cases", "Cases that wait for people, those of policies in shadow too.", operation.open_cases
    )
    yield _gauge("open_case_oldest_seconds", "How old the oldest is.", _age(operation.oldest_open, now))
    yield _gauge("cards_owed", "Cards that are missing or out of date.", operation.cards_owed)
    yield _gauge("pending_decisions", "Decisions that are not carried out yet.", operation.pending_decisions)


def _people(readings: Readings) -> Iterator[Metric]:
    decided = {action.value: number for action, number in readings.decided.items()}
    yield _counters("decisions", "What people decided.", "action", decided)
    text = "From a press or a command until Discord has the first answer."
    yield _histogram("acknowledgement_seconds", text, readings.traffic.acknowledgements)


def _discord(readings: Readings) -> Iterator[Metric]:
    answers = {str(status): number for status, number in readings.traffic.answers.items()}
    yield _counters("discord_answers", "Answers of Discord, by HTTP status.", "status", answers)
    yield _gauge("discord_connected", "Whether the gateway's connection is up.", float(readings.connected))
    yield _gauge("discord_paused", "Whether no request is sent: too many were refused.", float(readings.paused))


def _guilds(readings: Readings) -> Iterator[Metric]:
    if not readings.guilds:
        return
    part = "What a guild's policies are granted of what they may flag, from 0 to 1."
    parts = {str(guild_id): each.flagging_part for guild_id, each in readings.guilds.items()}
    behind = {str(guild_id): each.channels_behind for guild_id, each in readings.guilds.items()}
    yield _gauges("guild_flagging_part", part, "guild", parts)
    yield _gauges("guild_channels_behind", "A guild's channels that are read from history.", "guild", behind)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value)


def _counters(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = CounterMetricFamily(PREFIX + name, text, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(PREFIX + name, text, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric


def _histogram(name: str, text: str, latencies: Latencies) -> Metric:
    buckets, below = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), latencies.counts, strict=True):
        below += count
        buckets.append((bound, below))
    return HistogramMetricFamily(PREFIX + name, text, buckets=buckets, sum_value=latencies.total)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
