"""The judge on servers, over real sockets: what it says, and what it makes of everything that can go wrong."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from inference.answer import Phase, Question
from inference.http.answerer import HttpAnswerer
from inference.http.breaker import FAULTS_IN_A_ROW, State
from inference.http.completion import Generation
from inference.http.faults import ReplicaBusy
from inference.http.judge import HttpJudge, open_http_judge
from inference.http.options import HttpOptions
from inference.http.replica import Replica
from inference.judge import DeadlinePassed, JudgeBusy, JudgeUnavailable, Unanswerable, UnreadableAnswer
from inference.judging import Budgets
from inference.prompt import Harmony
from inference.rendering import Content
from inference.ticket import Priority, Ticket
from policies.policy import Judging, Policy, Rule
from tests.inference.http.completion_server import (
    CompletionServer,
    Fault,
    drop,
    hang,
    says,
    sends,
    serving,
    status,
    trickle,
)
from tests.inference.http.token_model import TokenModel

POLICY = Policy(
    id="p",
    title="P",
    goal="Be kind.",
    rules=(Rule(id="H1", text="Insults."), Rule(id="H12", text="Slurs."), Rule(id="Q", text="Noise.")),
    judge=Judging(threshold=1e-9),
)
CONTENT = Content("you loser 🦀")
BUDGETS = Budgets(low=10, medium=10, high=10)


@pytest.fixture
def model(harmony: Harmony) -> TokenModel:
    """Its labels have all of the probability, so that every answer counts as readable."""
    return TokenModel(harmony, 1, POLICY.rule_ids, sure=True)


@asynccontextmanager
async def judging(servers: list[CompletionServer], **options: object) -> AsyncIterator[HttpJudge]:
    """A judge on servers that listen."""
    settings: dict[str, object] = {"pause_seconds": 0.001, "urls": tuple(server.url for server in servers)}
    async with AsyncExitStack() as stack:
        if not servers[0].url:
            for server in servers:
                await stack.enter_async_context(serving(server))
            settings["urls"] = tuple(server.url for server in servers)
        http = HttpOptions(**(settings | options))  # type: ignore[arg-type]
        harmony = servers[0].model.harmony
        answerer = await stack.enter_async_context(HttpAnswerer(http, harmony))
        yield HttpJudge(answerer, harmony, "digest", budgets=BUDGETS)


@pytest.mark.parametrize("kind", ["llama-server", "vllm"])
async def test_a_verdict_comes_from_a_server(model: TokenModel, kind: str) -> None:
    server = CompletionServer(model, kind)
    async with judging([server]) as judge:
        verdict = await judge.judge(POLICY, CONTENT)
    assert verdict.violation
    assert verdict.model_name == "a-model"
    assert set(verdict.rule_ids) <= set(POLICY.rule_ids)
    assert verdict.tokens > 0
    assert (verdict.timing is not None) is (kind == "llama-server")


async def test_a_judge_is_opened_with_a_vocabulary(vocabulary_folder: Path, model: TokenModel) -> None:
    async with serving(CompletionServer(model)) as server:
        options = HttpOptions(urls=(server.url,))
        async with open_http_judge(options, vocabulary_folder, budgets=BUDGETS) as judge:
            assert (await judge.judge(POLICY, CONTENT)).violation
            assert len(judge.model_digest) == 64
    with pytest.raises(FileNotFoundError):
        async with open_http_judge(options, vocabulary_folder / "empty"):
            pass


async def test_all_questions_of_a_policy_go_to_one_server_and_find_its_prompt_in_a_slot(model: TokenModel) -> None:
    servers = [CompletionServer(model, slots=2) for _ in range(3)]
    async with judging(servers) as judge:
        for _ in range(4):
            await judge.judge(POLICY, CONTENT)
        counters = judge.counters
    assert sorted(bool(server.asked) for server in servers) == [False, False, True]
    (asked,) = [server.asked for server in servers if server.asked]
    assert {body["id_slot"] for body in asked} == {0}
    assert counters.cached_share > 0.9
    assert counters.asked == counters.answered == 4
    assert counters.failures == 0


async def test_texts_that_are_judged_together_hold_slots_of_their_own(model: TokenModel) -> None:
    server = CompletionServer(model, slots=3)
    server.always = slow
    async with judging([server]) as judge:
        alone = await judge.judge(POLICY, CONTENT)
        verdicts = await asyncio.gather(*(judge.judge(POLICY, CONTENT) for _ in range(9)))
    assert server.most_in_flight == 3
    assert {body["id_slot"] for body in server.asked} == {0, 1, 2}
    assert {verdict.rationale for verdict in verdicts} == {alone.rationale}


async def test_a_server_with_more_questions_than_slots_chooses_the_slots_itself(model: TokenModel) -> None:
    server = CompletionServer(model, slots=1)
    server.always = slow
    async with judging([server], width=3) as judge:
        await asyncio.gather(*(judge.judge(POLICY, CONTENT) for _ in range(6)))
    assert server.most_in_flight == 3
    assert not any("id_slot" in body for body in server.asked)


async def test_when_the_preferred_server_is_full_the_next_one_is_asked(model: TokenModel) -> None:
    servers = [CompletionServer(model, slots=1) for _ in range(3)]
    async with judging(servers) as judge:
        for server in servers:
            server.gate = asyncio.Event()
        asks = [asyncio.create_task(judge.judge(POLICY, CONTENT)) for _ in range(3)]
        await until(lambda: all(server.in_flight == 1 for server in servers))
        for server in servers:
            assert server.gate is not None
            server.gate.set()
        await asyncio.gather(*asks)
    assert [server.most_in_flight for server in servers] == [1, 1, 1], "each had a place, and nobody had more"


FAULTS: dict[str, Fault] = {
    "500": status(500),
    "502 with a page": says(b"<html>Bad Gateway</html>", "text/html"),
    "a dropped connection": drop,
    "no HTTP": sends(b"\x00\x01 hello\r\n\r\n"),
    "half an answer": sends(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"tokens":['),
    "no JSON": says(b"{"),
    "another shape": says(b'{"tokens":"x","stop_type":"eos"}'),
    "a list": says(b"[]"),
    "tokens that there are not": says(b'{"tokens":[999999],"stop_type":"limit","tokens_evaluated":1}'),
    "too many tokens": says(b'{"tokens":[' + b"1," * 999 + b'1],"stop_type":"limit","tokens_evaluated":1}'),
    "a redirect": status(307),
    "busy": status(429),
    "overloaded": status(503),
    "loading": status(503, "Loading model"),
    "not found": status(404),
    "an answer of 5 MB": says(b'{"tokens":[],"stop_type":"limit","tokens_evaluated":1}' + b" " * 5_000_000),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("at", [0, 2])
async def test_what_one_server_fails_at_another_one_finishes(model: TokenModel, fault: Fault, at: int) -> None:
    """The verdict is the one of a server that does not fail; what the first one wrote is gone on from."""
    async with judging([CompletionServer(model)]) as judge:
        expected = await judge.judge(POLICY, CONTENT)
    first, second = servers = [CompletionServer(model), CompletionServer(model)]
    for server in servers:
        server.faults.extend([_fine] * at)
    async with judging(servers) as judge:
        for server in servers:
            server.faults.append(_once(fault, servers))
        verdict = await judge.judge(POLICY, CONTENT)
        failures = judge.counters.failures
    assert verdict.model_copy(update={"milliseconds": 0.0, "timing": None}) == expected.model_copy(
        update={"milliseconds": 0.0, "timing": None}
    )
    assert failures == 1
    assert first.asked
    assert second.asked
    prompts = sorted([server.asked[0]["prompt"] for server in servers], key=len)
    assert prompts[1][: len(prompts[0])] == prompts[0]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_without_another_server_it_is_tried_again_at_the_same_one(model: TokenModel, fault: Fault) -> None:
    server = CompletionServer(model)
    async with judging([server]) as judge:
        server.faults.append(fault)
        assert (await judge.judge(POLICY, CONTENT)).violation


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (status(429), JudgeBusy, "no room"),
        (status(503), JudgeBusy, "no room"),
        (status(503, "Loading model"), JudgeUnavailable, "it is loading its model"),
        (status(500), JudgeUnavailable, "status 500"),
        (status(401), JudgeUnavailable, "wants an API key and got none"),
        (status(404), JudgeUnavailable, "no such path or model"),
        (status(422, "you loser"), JudgeUnavailable, "status 422"),
        (status(400, "cannot unmarshal array: you loser"), JudgeUnavailable, "has to be llama-server, or vLLM"),
        (drop, JudgeUnavailable, "the connection broke"),
        (says(b"{"), UnreadableAnswer, "no JSON"),
        (says(b'{"tokens":[],"stop_type":"you loser"}'), UnreadableAnswer, "stop_type, tokens_evaluated"),
        (status(400, "the request exceeds the available context size"), Unanswerable, "longer than"),
        (status(400, "This model's maximum context length is 8192 tokens."), Unanswerable, "longer than"),
        (status(413), Unanswerable, "longer than"),
        (hang, JudgeUnavailable, "no answer within"),
        (trickle, JudgeUnavailable, "no answer within"),
    ],
)
async def test_what_all_servers_fail_at_is_told_by_what_the_caller_does_about_it(
    model: TokenModel, fault: Fault, error: type[Exception], said: str
) -> None:
    servers = [CompletionServer(model), CompletionServer(model)]
    async with judging(servers, analysis_seconds=0.1, answer_seconds=0.1) as judge:
        for server in servers:
            server.always = fault
        with pytest.raises(error, match=said) as caught:
            await judge.judge(POLICY, CONTENT)
        assert caught.type is error
        assert "loser" not in str(caught.value)
        assert all(replica.in_flight == 0 for replica in judge.counters.replicas)


async def test_a_judge_of_which_one_server_is_busy_and_the_other_away_is_away(model: TokenModel) -> None:
    servers = [CompletionServer(model), CompletionServer(model)]
    async with judging(servers) as judge:
        servers[0].always, servers[1].always = status(429), status(500)
        with pytest.raises(JudgeUnavailable, match="status 500"):
            await judge.judge(POLICY, CONTENT)


async def test_the_pauses_between_attempts_double_and_are_drawn_by_chance(
    model: TokenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, float]] = []
    monkeypatch.setattr(random, "uniform", lambda *bounds: drawn.append(bounds) or 0.0)
    server = CompletionServer(model)
    server.always = status(429)
    async with judging([server], attempts=4) as judge:
        with pytest.raises(JudgeBusy):
            await judge.judge(POLICY, CONTENT)
    assert drawn == [(0, 0.001), (0, 0.002), (0, 0.004)]


async def test_a_probe_that_finds_a_server_busy_has_found_it_well(model: TokenModel) -> None:
    async with serving(CompletionServer(model)) as server:
        server.always = status(429)
        replica = Replica(
            server.url, HttpOptions(urls=(server.url,)), iter(range(0, 900, 60)).__next__, lambda: 1.0
        )
        for _ in range(FAULTS_IN_A_ROW):
            replica.breaker.failed()
        assert replica.breaker.begin()
        with pytest.raises(ReplicaBusy):
            await replica.complete(Generation((1,), 1, Phase.ANSWER), 0)
        assert replica.breaker.state is State.CLOSED
        await replica.close()


async def test_a_server_that_tells_no_probabilities_is_taken_for_one_that_cannot_judge(model: TokenModel) -> None:
    """Its silence is no unreadable answer: that would send every message to a person."""
    server = CompletionServer(model)
    label = b'{"tokens":[%d],"stop_type":"limit","tokens_evaluated":1}' % model.harmony.scaffold.yes
    async with judging([server]) as judge:
        server.faults.append(_fine)
        server.always = says(label)
        with pytest.raises(JudgeUnavailable, match="no token probabilities: it has to be llama-server, or vLLM"):
            await judge.judge(POLICY, CONTENT)


async def test_a_server_that_fails_again_and_again_is_left_alone(model: TokenModel) -> None:
    servers = [CompletionServer(model), CompletionServer(model)]
    async with judging(servers) as judge:
        await judge.judge(POLICY, CONTENT)
        bad, good = sorted(servers, key=lambda server: not server.asked)
        bad.always, bad.asked = status(500), []
        for _ in range(8):
            await judge.judge(POLICY, CONTENT)
        assert len(bad.asked) == 3
        (resting,) = [replica for replica in judge.counters.replicas if replica.state is State.OPEN]
        assert resting.problem == "it answered with status 500"
        assert resting.faults == 3
    assert good.asked


async def test_a_server_that_comes_back_is_asked_again(model: TokenModel) -> None:
    server = CompletionServer(model)
    async with judging([server]) as judge:
        server.always = status(500)
        for _ in range(2):
            with pytest.raises(JudgeUnavailable):
                await judge.judge(POLICY, CONTENT)
        assert judge.counters.replicas[0].state is State.OPEN
        asked = len(server.asked)
        with pytest.raises(JudgeUnavailable, match="status 500"):
            await judge.judge(POLICY, CONTENT)
        assert len(server.asked) == asked
        server.always = None
        await asyncio.sleep(1.25)
        assert (await judge.judge(POLICY, CONTENT)).violation
        assert server.identified == 2
        assert judge.counters.replicas[0].state is State.CLOSED


async def test_a_probe_that_is_withdrawn_leaves_the_next_question_to_try(model: TokenModel) -> None:
    server = CompletionServer(model)
    async with judging([server]) as judge:
        server.always = status(500)
        with pytest.raises(JudgeUnavailable):
            await judge.judge(POLICY, CONTENT)
        await asyncio.sleep(1.25)
        server.always = hang
        probe = asyncio.create_task(judge.judge(POLICY, CONTENT))
        await until(lambda: server.in_flight == 1)
        assert judge.counters.replicas[0].state is State.HALF_OPEN
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        server.always = None
        assert (await judge.judge(POLICY, CONTENT)).violation


async def test_a_server_may_come_up_after_the_judge(model: TokenModel) -> None:
    server = CompletionServer(model)
    async with serving(server):
        port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(JudgeUnavailable, match="no connection"):
        async with judging([server]):
            pass
    async with judging([server], model="a-model") as judge:
        with pytest.raises(JudgeUnavailable, match="no connection"):
            await judge.judge(POLICY, CONTENT)
        async with serving(server, port):
            await asyncio.sleep(1.25)
            assert (await judge.judge(POLICY, CONTENT)).violation


async def test_as_soon_as_a_late_server_is_known_all_its_slots_are_used(model: TokenModel) -> None:
    server = CompletionServer(model, slots=4)
    async with serving(server):
        port = int(server.url.rsplit(":", 1)[1])
    async with judging([server], model="a-model") as judge, serving(server, port):
        server.gate = asyncio.Event()
        asks = [asyncio.create_task(judge.judge(POLICY, CONTENT)) for _ in range(6)]
        await until(lambda: server.in_flight == 4)
        server.gate.set()
        await asyncio.gather(*asks)
    assert server.most_in_flight == 4, "two waited for a slot"


async def test_a_deadline_holds_for_everything_together(model: TokenModel) -> None:
    server = CompletionServer(model, slots=1)
    async with judging([server]) as judge:
        server.always = hang
        asks = [judge.judge(POLICY, CONTENT, ticket=Ticket(deadline=0.15)) for _ in range(3)]
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(result) for result in results] == [DeadlinePassed] * 3
        server.always = None
        assert (await judge.judge(POLICY, CONTENT)).violation


async def test_a_withdrawn_question_closes_its_connection_and_leaves_its_place(model: TokenModel) -> None:
    server = CompletionServer(model, slots=1)
    async with judging([server]) as judge:
        server.always = hang
        asks = [asyncio.create_task(judge.judge(POLICY, CONTENT)) for _ in range(3)]
        await until(lambda: server.in_flight == 1)
        for ask in asks[:2]:
            ask.cancel()
        await until(lambda: server.dropped == 1)
        asks[2].cancel()
        await asyncio.gather(*asks, return_exceptions=True)
        server.always = None
        assert (await judge.judge(POLICY, CONTENT)).violation
        assert judge.counters.waiting == 0


async def test_a_full_queue_says_so_at_once_and_keeps_room_for_the_urgent(model: TokenModel) -> None:
    server = CompletionServer(model, slots=1)
    async with judging([server], queue=4) as judge:
        server.gate = asyncio.Event()
        kinds = [Priority.LIVE] * 2 + [Priority.BACKFILL] * 3 + [Priority.LIVE] * 3 + [Priority.INTERACTIVE] * 2
        asks = []
        for kind in kinds:
            asks.append(asyncio.create_task(judge.judge(POLICY, CONTENT, ticket=Ticket(kind))))
            await asyncio.sleep(0.01)
        busy = [ask.done() and isinstance(ask.exception(), JudgeBusy) for ask in asks]
        assert busy == [False, False, False, True, True, False, True, True, False, True]
        server.gate.set()
        await asyncio.gather(*asks, return_exceptions=True)


async def test_the_urgent_come_first(model: TokenModel) -> None:
    server = CompletionServer(model, slots=1)
    order: list[Priority] = []

    async def ask(judge: HttpJudge, priority: Priority) -> None:
        await judge.judge(POLICY, CONTENT, ticket=Ticket(priority))
        order.append(priority)

    async with judging([server]) as judge:
        server.gate = asyncio.Event()
        asks = []
        for priority in (Priority.LIVE, Priority.BACKFILL, Priority.LIVE, Priority.INTERACTIVE):
            asks.append(asyncio.create_task(ask(judge, priority)))
            await asyncio.sleep(0.01)
        server.gate.set()
        await asyncio.gather(*asks)
    assert order == [Priority.LIVE, Priority.INTERACTIVE, Priority.LIVE, Priority.BACKFILL]


async def test_a_key_is_sent_and_never_told(model: TokenModel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = CompletionServer(model)
    server.api_key = "sesame-4711"
    key = SecretStr("sesame-4711")
    async with judging([server], api_key=key) as judge:
        assert (await judge.judge(POLICY, CONTENT)).violation
        server.always = status(500, "you loser sesame-4711")
        with pytest.raises(JudgeUnavailable):
            await judge.judge(POLICY, CONTENT)
        assert "sesame" not in repr(HttpOptions(urls=("http://a",), api_key=key))
    assert "sesame" not in caplog.text
    assert "loser" not in caplog.text
    server.url = ""
    with pytest.raises(JudgeUnavailable, match="refuses the API key"):
        async with judging([server], api_key=SecretStr("wrong")):
            pass


async def test_no_proxy_of_the_environment_sees_a_message(
    model: TokenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with judging([CompletionServer(model)]) as judge:
        assert (await judge.judge(POLICY, CONTENT)).violation


@pytest.mark.parametrize("kind", ["llama-server", "vllm"])
async def test_the_analysis_is_as_long_as_the_servers_context_allows(
    model: TokenModel, harmony: Harmony, kind: str
) -> None:
    prompt = harmony.prompt(POLICY, CONTENT, POLICY.judge.effort)
    answer = Question(prompt.private, POLICY.rule_ids, 0.5, explain=False, reasoning_budget=0).most_tokens
    for room, budgets in ((4, {4}), (0, set()), (BUDGETS.low + 1, {BUDGETS.low})):
        server = CompletionServer(model, kind, context=len(prompt.prefix) + answer + room)
        async with judging([server]) as judge:
            await judge.judge(POLICY, CONTENT)
        first = server.asked[0]
        assert ({first.get("n_predict", first.get("max_tokens"))} - {1}) == budgets
    server = CompletionServer(model, kind, context=len(prompt.prefix) + answer - 7)
    async with judging([server]) as judge:
        with pytest.raises(Unanswerable, match="are 7 tokens too long for the server's context"):
            await judge.judge(POLICY, CONTENT)
    assert server.asked == []


async def test_another_model_than_the_one_that_was_named_judges_nobody(model: TokenModel) -> None:
    server = CompletionServer(model, "vllm")
    async with judging([server], model="another") as judge:
        with pytest.raises(JudgeUnavailable, match="does not serve the model"):
            await judge.judge(POLICY, CONTENT)
    assert server.asked == []


async def test_the_model_that_was_named_is_the_one_that_is_asked_for(model: TokenModel) -> None:
    server = CompletionServer(model, "vllm")
    async with judging([server], model="a-model") as judge:
        verdict = await judge.judge(POLICY, CONTENT)
    assert {body["model"] for body in server.asked} == {"a-model"}
    assert verdict.model_name == "a-model"


async def test_servers_that_come_and_go_at_random_lose_no_question(model: TokenModel) -> None:
    chance = random.Random(7)
    servers = [CompletionServer(model, slots=2) for _ in range(3)]
    choices = [*FAULTS.values(), *[None] * 10 * len(FAULTS)]

    async def sometimes(server: CompletionServer, request: object) -> object:
        fault = chance.choice(choices)
        return await fault(server, request) if fault else None  # type: ignore[arg-type]

    async with judging(servers, attempts=4) as judge:
        expected = await judge.judge(POLICY, CONTENT)
        for server in servers:
            server.always = sometimes  # type: ignore[assignment]
        asks = [judge.judge(POLICY, CONTENT, ticket=Ticket(deadline=20)) for _ in range(40)]
        results = await asyncio.gather(*asks, return_exceptions=True)
        counters = judge.counters
    for result in results:
        if isinstance(result, BaseException):
            assert isinstance(result, JudgeUnavailable | JudgeBusy | UnreadableAnswer)
        else:
            assert (result.rule_ids, result.quotes, result.rationale) == (
                expected.rule_ids,
                expected.quotes,
                expected.rationale,
            )
    assert sum(not isinstance(result, BaseException) for result in results) >= 36
    assert counters.waiting == 0
    assert all(replica.in_flight == 0 for replica in counters.replicas)


async def slow(_server: CompletionServer, _request: object) -> None:
    """The answer takes a moment."""
    await asyncio.sleep(0.005)


async def _fine(_server: CompletionServer, _request: object) -> None:
    """Nothing befalls the request."""


def _once(fault: Fault, servers: list[CompletionServer]) -> Fault:
    """Whichever server is asked first fails, and no other one."""

    async def befalls(server: CompletionServer, request: object) -> object:
        for each in servers:
            each.faults.clear()
        return await fault(server, request)  # type: ignore[arg-type]

    return befalls  # type: ignore[return-value]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in a server
            await asyncio.sleep(0.002)
