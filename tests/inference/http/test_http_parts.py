"""The pure parts: who is preferred, who rests, which place is taken, and which options make sense."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from inference.answer import Phase
from inference.http.breaker import FAULTS_IN_A_ROW, RESTS, Breaker, State
from inference.http.clockwork import Clockwork
from inference.http.completion import Completion, Generation, Stop
from inference.http.faults import Garbled, ReplicaFault
from inference.http.identity import read_models
from inference.http.line import OLDEST_EVERY, Line
from inference.http.llama_server import LlamaServer
from inference.http.options import HttpOptions
from inference.http.rendezvous import preference
from inference.http.slots import Slots
from inference.http.vllm import Vllm
from inference.prompt import Harmony
from inference.ticket import Priority, Ticket
from inference.vocabulary import CONTROL_TOKENS

NAMES = tuple(f"10.0.0.{number}:8080" for number in range(5))


@given(st.text(), st.permutations(NAMES))
def test_the_order_of_the_servers_in_the_settings_changes_nothing(key: str, names: list[str]) -> None:
    assert preference(key, names) == preference(key, NAMES)


@given(st.text(), st.sampled_from(NAMES))
def test_when_a_server_goes_only_its_own_policies_move(key: str, gone: str) -> None:
    before = preference(key, NAMES)
    after = preference(key, [name for name in NAMES if name != gone])
    assert after == tuple(name for name in before if name != gone)


def test_policies_are_spread_evenly_over_the_servers() -> None:
    firsts = Counter(preference(f"policy {number}", NAMES)[0] for number in range(5000))
    assert set(firsts) == set(NAMES)
    assert all(850 <= count <= 1150 for count in firsts.values())


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAULTS_IN_A_ROW):
        assert breaker.state is State.CLOSED
        breaker.failed()
    assert breaker.state is State.OPEN
    return breaker


def test_faults_with_an_answer_between_them_open_nothing() -> None:
    breaker = Breaker(Clock())
    for _ in range(10):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.state is State.CLOSED


def test_after_a_rest_one_probe_goes_through_and_no_other() -> None:
    clock = Clock()
    breaker = opened(clock)
    assert not breaker.lets_through
    clock.now += RESTS[0] - 0.01
    assert not breaker.lets_through
    clock.now += 0.02
    assert breaker.lets_through
    assert breaker.begin()
    assert breaker.state is State.HALF_OPEN
    assert not breaker.lets_through


def test_a_probe_that_fails_makes_the_rest_longer_and_one_that_succeeds_ends_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    for rest in (*RESTS[1:], RESTS[-1]):
        clock.now += 1000
        breaker.begin()
        breaker.failed()
        clock.now += rest - 0.01
        assert not breaker.lets_through
        clock.now += 0.02
        assert breaker.lets_through
    breaker.begin()
    breaker.succeeded()
    assert breaker.state is State.CLOSED
    assert not breaker.begin()
    for _ in range(FAULTS_IN_A_ROW):
        breaker.failed()
    clock.now += RESTS[0]
    assert breaker.lets_through


def test_a_probe_that_is_withdrawn_leaves_the_next_one_to_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += RESTS[0]
    breaker.begin()
    breaker.given_up()
    assert breaker.lets_through


def test_those_on_their_way_when_it_opens_do_not_prolong_the_rest() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += RESTS[0] - 0.1
    for _ in range(5):
        breaker.failed()
    clock.now += 0.1
    assert breaker.lets_through


def test_a_rest_is_shaken() -> None:
    clock = Clock()
    breaker = Breaker(clock, lambda: 2.0)
    for _ in range(FAULTS_IN_A_ROW):
        breaker.failed()
    clock.now += RESTS[0] * 1.9
    assert not breaker.lets_through


def test_a_policy_returns_to_the_place_where_its_prompt_is() -> None:
    slots = Slots(3)
    places = {key: slots.take(key) for key in "abc"}
    for key in "abc":
        slots.give_back(places[key])
    for key in "cab":
        assert slots.take(key) == places[key]


def test_a_new_policy_takes_the_place_that_was_left_longest_ago() -> None:
    slots = Slots(3)
    places = {key: slots.take(key) for key in "abc"}
    for key in "bac":
        slots.give_back(places[key])
    assert slots.take("d") == places["b"]
    assert slots.take("b") == places["a"]


@given(st.lists(st.one_of(st.sampled_from("abcd"), st.none(), st.integers(1, 5)), max_size=60), st.integers(1, 5))
def test_no_place_is_held_twice_and_none_gets_lost(moves: list[str | int | None], width: int) -> None:
    """A letter takes a place, None gives one back, and a number is how many there turn out to be."""
    slots = Slots(width)
    held: list[int] = []
    for move in moves:
        if isinstance(move, int):
            width = move
            slots.widen(width)
        elif move and slots.room:
            held.append(slots.take(move))
            assert 0 <= held[-1] < width
        elif held and not move:
            slots.give_back(held.pop())
        assert len(set(held)) == len(held) == slots.in_use
        assert slots.room is (len(held) < width)


def test_a_server_may_turn_out_to_have_other_places_than_was_thought() -> None:
    slots = Slots(1)
    first = slots.take("a")
    assert not slots.room
    slots.widen(3)
    others = {slots.take("a"), slots.take("a")}
    assert {first, *others} == {0, 1, 2}
    slots.widen(1)
    for place in (first, *others):
        slots.give_back(place)
    assert slots.take("a") == 0
    assert not slots.room
    slots.widen(3)
    assert {slots.take("a"), slots.take("a")} == {1, 2}, "it was started again with fewer, and again with more"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"urls": ()}, "no server is named"),
        ({"urls": ("127.0.0.1:8080",)}, "no web address"),
        ({"urls": ("ftp://a",)}, "no web address"),
        ({"urls": ("http://",)}, "no web address"),
        ({"urls": ("http://me:secret@a",)}, "give a key as `api_key`"),
        ({"urls": ("http://a?key=1",)}, r"ends in \? or #"),
        ({"urls": ("http://a", "http://a/")}, "named twice"),
        ({"urls": ("http://a",), "width": 0}, "`width` is 0"),
        ({"urls": ("http://a",), "attempts": 0}, "`attempts` is 0"),
        ({"urls": ("http://a",), "answer_seconds": -1.0}, "`answer_seconds` is -1"),
    ],
)
def test_options_that_cannot_work_are_refused_with_what_to_write_instead(
    options: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        HttpOptions(**options)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)


def test_a_key_does_not_show() -> None:
    assert "sesame" not in repr(HttpOptions(urls=("http://a",), api_key=SecretStr("sesame")))


@pytest.mark.parametrize(
    ("models", "name", "context"),
    [
        (b'{"data":[{"id":"/m/x.gguf","owned_by":"llamacpp","meta":{"n_ctx":4096,"n_vocab":201088}}]}',
         "llama-server", 4096),
        (b'{"data":[{"id":"x","owned_by":"vllm","max_model_len":8192}]}', "vllm", 8192),
        (b'{"data":[{"id":"x"}]}', "vllm", None),
    ],
)  # fmt: skip
def test_a_server_is_known_by_what_it_says_of_its_models(models: bytes, name: str, context: int | None) -> None:
    dialect, served = read_models(models, "", "auto")
    assert (dialect.name, served.context) == (name, context)
    assert read_models(models, "", "llama-server")[0].name == "llama-server"


@pytest.mark.parametrize(
    ("models", "error", "said"),
    [
        (b'{"data":[{"id":"x","owned_by":"llamacpp","meta":{"n_vocab":32000}}]}', ReplicaFault, "no gpt-oss"),
        (b'{"data":[{"id":"x","owned_by":"vllm"}]}', ReplicaFault, "does not serve the model"),
        (b'{"data":[]}', Garbled, "data"),
        (b"<html>", Garbled, "no JSON"),
    ],
)
def test_a_server_that_serves_something_else_is_not_asked(
    models: bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_models(models, "wanted", "auto")


def test_one_of_several_models_is_found_by_its_name_or_alias() -> None:
    models = b'{"data":[{"id":"a","owned_by":"vllm"},{"id":"b","owned_by":"vllm","max_model_len":5}]}'
    assert read_models(models, "b", "auto")[1].context == 5
    aliased = b'{"data":[{"id":"/m/x.gguf","aliases":["b"],"owned_by":"llamacpp"}]}'
    assert read_models(aliased, "b", "auto")[1].models == ("/m/x.gguf", "b")


def test_the_control_tokens_are_harmonys(harmony: Harmony) -> None:
    for token, text in CONTROL_TOKENS.items():
        assert harmony.text((token,)) == text


@pytest.mark.parametrize("dialect", [LlamaServer(), Vllm()], ids=lambda dialect: dialect.name)
def test_a_prompt_goes_as_token_ids_and_nothing_of_the_servers_own_sampling_stays(
    dialect: LlamaServer | Vllm,
) -> None:
    body = dialect.body(Generation((1, 2), 7, Phase.REASONING, Stop.MARKUP, temperature=0.7, seed=5), "m", 2)
    assert body["prompt"] == (1, 2)
    assert (body["temperature"], body["seed"], body["model"]) == (0.7, 5, "m")
    assert body.get("n_predict", body.get("max_tokens")) == 7
    assert body.get("samplers", ["temperature"]) == ["temperature"]
    assert body.get("top_p", 1.0) == 1.0
    assert dialect.body(Generation((1,), 1, Phase.ANSWER), "", None).keys().isdisjoint({"model", "id_slot"})


def test_a_server_that_tells_no_token_ids_cannot_be_used() -> None:
    answer = b'{"choices":[{"text":"x","finish_reason":"stop"}],"usage":{"prompt_tokens":1}}'
    with pytest.raises(ReplicaFault, match="no token ids"):
        Vllm().read(answer)


def told(reading: float | None, writing: float | None) -> Completion:
    return Completion((), stopped=False, prompt_milliseconds=reading, writing_milliseconds=writing)


def test_the_time_of_a_question_is_told_by_its_parts() -> None:
    times = Clockwork()
    times.add(Phase.REASONING, told(10, 20), 35)
    times.add(Phase.REASONING, told(1, 2), 3)
    times.add(Phase.ANSWER, told(3, 4), 6)
    timing = times.timing(100)
    assert timing is not None
    assert timing.model_dump() == {"queued": 105.0, "prefill": 10.0, "reasoning": 23.0, "answer": 7.0}


def test_a_time_that_one_server_does_not_tell_is_not_made_up() -> None:
    times = Clockwork()
    times.add(Phase.REASONING, told(10, 20), 35)
    times.add(Phase.ANSWER, told(None, None), 6)
    assert times.timing(0) is None


def seat_all(line: Line[str]) -> list[str]:
    """Seat everybody, one after the other; nobody leaves."""
    order = []
    while len(line):
        waiting = next(iter(line.in_turn()))
        line.leave(waiting)
        line.took(waiting.ticket.tenant, waited=True)
        order.append(waiting.item)
    return order


def test_the_urgent_are_seated_first_and_the_others_as_they_came() -> None:
    line: Line[str] = Line()
    kinds = {"a": Priority.BACKFILL, "b": Priority.LIVE, "c": Priority.INTERACTIVE, "d": Priority.LIVE}
    for tenant, (name, priority) in enumerate(kinds.items()):
        line.join(name, Ticket(priority, tenant))
    assert seat_all(line) == ["c", "b", "d", "a"]


def test_a_flood_of_one_guild_does_not_keep_another_one_waiting() -> None:
    line: Line[str] = Line()
    for number in range(20):
        line.join(f"flood {number}", Ticket(tenant=1))
    line.join("other", Ticket(tenant=2))
    assert seat_all(line).index("other") == 1


def test_a_guild_that_has_places_already_comes_after_one_that_has_none() -> None:
    line: Line[str] = Line()
    line.took(1, waited=False)
    line.join("has", Ticket(tenant=1))
    line.join("has not", Ticket(tenant=2))
    assert next(iter(line.in_turn())).item == "has not"
    line.gave_back(1)
    assert next(iter(line.in_turn())).item == "has"


def test_the_least_urgent_is_seated_in_the_end_however_many_come_before_it() -> None:
    line: Line[str] = Line()
    line.join("backfill", Ticket(Priority.BACKFILL))
    for number in range(100):
        line.join(f"live {number}", Ticket(tenant=number))
    assert seat_all(line).index("backfill") == OLDEST_EVERY - 1


def test_whoever_leaves_the_line_is_not_called() -> None:
    line: Line[str] = Line()
    first, _ = line.join("a", Ticket()), line.join("b", Ticket())
    line.leave(first)
    line.leave(first)
    assert seat_all(line) == ["b"]
