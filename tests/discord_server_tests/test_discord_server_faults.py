"""Rate limits, faults and outages."""

import asyncio

import aiohttp
import discord
import pytest

from tests.discord_server import ActionKind, Outage
from tests.discord_server_tests.client import Client
from tests.discord_server_tests.conftest import Scene

POST = "POST /channels/{}/messages"
DELETE = "DELETE /channels/{}/messages/{}"


def _text(client: Client, channel_id: int) -> discord.TextChannel:
    channel = client.get_channel(channel_id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_a_bucket_is_exhausted_and_refills(scene: Scene, client: Client) -> None:
    limits = scene.server.limits
    limits.enforce_routes, limits.by_route[POST] = True, (2, 0.3)
    for number in range(5):
        await _text(client, scene.general.id).send(str(number))
    assert len(scene.general.messages) == 5
    assert limits.invalid_requests == 0, "the headers are enough for a client to wait"


async def test_a_request_too_many_is_told_when_to_come_back(scene: Scene) -> None:
    scene.server.limits.enforce_routes, scene.server.limits.by_route[POST] = True, (2, 60.0)
    url = f"{scene.server.api_url}/channels/{scene.general.id}/messages"
    headers = {"Authorization": f"Bot {scene.server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for left in (1, 0):
            async with session.post(url, json={"content": "x"}) as answer:
                assert answer.headers["X-RateLimit-Remaining"] == str(left)
        async with session.post(url, json={"content": "x"}) as answer:
            body = await answer.json()
            assert (answer.status, answer.headers["X-RateLimit-Scope"], body["global"]) == (429, "user", False)
            assert 55 < body["retry_after"] <= 60
    assert len(scene.general.messages) == 2


@pytest.mark.parametrize("path", ["users/@me", "channels/1/messages"])
async def test_a_request_without_the_token_is_refused_and_counted(scene: Scene, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{scene.server.api_url}/{path}") as answer:
        assert answer.status == 401
    assert scene.server.limits.invalid_requests == 1


@pytest.mark.parametrize(("kind", "status"), [(Outage.UNAVAILABLE, 503), (Outage.BAD_GATEWAY, 502)])
async def test_an_outage_answers_as_it_is_told(scene: Scene, kind: Outage, status: int) -> None:
    async with aiohttp.ClientSession() as session, scene.server.outage(kind):
        answer = await session.get(f"{scene.server.api_url}/users/@me")
        assert answer.status == status
        answer.release()


async def test_a_hanging_discord_answers_nothing_until_it_is_over(scene: Scene) -> None:
    async with aiohttp.ClientSession() as session:
        await scene.server.begin_outage(Outage.HANGING)
        with pytest.raises(TimeoutError):
            await session.get(f"{scene.server.api_url}/users/@me", timeout=aiohttp.ClientTimeout(total=0.2))
        await scene.server.end_outage()


async def test_a_slow_answer_comes_after_its_effect(scene: Scene, client: Client) -> None:
    scene.server.faults.slow_next(POST, 0.3)
    sending = asyncio.create_task(_text(client, scene.general.id).send("slow"))
    await scene.general.wait_for_message()
    assert not sending.done()
    await sending
    assert scene.server.requests_to(POST)[0].seconds >= 0.3


async def test_a_planned_429_is_waited_out_and_counted(scene: Scene, client: Client) -> None:
    scene.server.faults.answer_next(POST, 429, retry_after=0.2)
    scene.server.faults.answer_next(POST, 429, retry_after=0.1, scope="shared")
    await _text(client, scene.general.id).send("patience")
    assert [each.status for each in scene.server.requests_to(POST)] == [429, 429, 200]
    assert scene.server.limits.invalid_requests == 1


async def test_the_global_limit_is_counted_and_enforced(scene: Scene, client: Client) -> None:
    scene.server.limits.global_per_second = 5
    for _ in range(8):
        await client.fetch_user(scene.mallory.id)
    assert scene.server.limits.peak == 5
    assert scene.server.limits.invalid_requests > 0


async def test_an_answer_lost_after_the_effect_is_retried_by_the_client(scene: Scene, client: Client) -> None:
    said = await scene.general.say(scene.mallory, "bad")
    scene.server.faults.answer_next(DELETE, 502, after_effect=True)
    with pytest.raises(discord.NotFound):
        await _text(client, scene.general.id).get_partial_message(said.id).delete()
    assert [each.status for each in scene.server.requests_to(DELETE)] == [502, 404]
    assert len(scene.server.actions_of(ActionKind.DELETE)) == 1


async def test_a_cut_connection_is_an_error_and_the_effect_stands(scene: Scene, client: Client) -> None:
    scene.server.faults.cut_next(POST, after_effect=True)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await _text(client, scene.general.id).send("posted")
    assert [each.content for each in scene.general.messages] == ["posted"]
