"""The check against Discord's own description, where a copy lies beside the checkout."""

import pytest

from tests.discord_server.openapi_check import NoCheck, OpenApiCheck, find_description, make_check


@pytest.fixture
def check() -> OpenApiCheck:
    description = find_description()
    if description is None:
        pytest.skip("no copy of Discord's openapi.json beside the checkout: requests and answers go unchecked")
    return make_check(description)


def test_without_a_description_nothing_is_checked() -> None:
    check = make_check(None)
    check.request("GET", "/nonsense", {}, None)
    check.response("GET", "/users/@me", 200, {})
    assert isinstance(check, NoCheck)
    assert check.deviations == []


def test_ids_are_read_as_numbers_and_as_texts_in_requests(check: OpenApiCheck) -> None:
    check.request("POST", "/users/@me/channels", {}, {"recipient_id": 1})
    check.request("POST", "/users/@me/channels", {}, {"recipient_id": "1"})
    assert check.deviations == []


def test_ids_are_texts_in_answers(check: OpenApiCheck) -> None:
    check.response("GET", "/channels/1/messages/2", 200, {"id": 2})
    assert any("id: 2 is not of type" in each for each in check.deviations)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "deviation"),
    [
        ("GET", "/nonsense", {}, None, "not described"),
        ("GET", "/channels/1/messages", {"limits": "1"}, None, "the query 'limits' is not described"),
        ("POST", "/channels/1/messages", {}, None, "the body is missing"),
        ("POST", "/channels/1/messages", {}, {"embeds": [{"fields": [{"name": "n"}]}]}, '"value" is a required'),
        (
            "PATCH",
            "/guilds/1/members/2",
            {},
            {"communication_disabled_until": "soon"},
            "communication_disabled_until",
        ),
        ("GET", "/users/@me", {}, {}, "there is a body"),
    ],
)
def test_a_request_that_is_not_as_described_is_named(
    check: OpenApiCheck, method: str, path: str, query: dict[str, str], body: object, deviation: str
) -> None:
    check.request(method, path, query, body)
    assert deviation in check.deviations[0]
