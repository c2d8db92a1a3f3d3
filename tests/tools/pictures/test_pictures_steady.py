"""Pictures of two plays are alike."""

import re
from datetime import UTC, datetime, timedelta

from tools.pictures.shots import Said, Shot
from tools.pictures.steady import BEGAN, Steady

_ESCAPED = r"\\\1"


def shot(began: datetime, user: int) -> Shot:
    at = began + timedelta(minutes=2)
    told = f"{at:%Y-%m-%d %H:%M} UTC"
    dates = f"{at:%Y-%m-%d}, until {told}, again {re.sub('([-:])', _ESCAPED, told)}"
    said = {
        "id": str(user + 1),
        "content": f"<@{user}> id `{user}` <t:{int(at.timestamp())}:R>, {dates}, digest d0e3240c9227",
        "timestamp": at.isoformat(),
        "attachments": [{"data": "2026-01-01" + "1" * 18}],
    }
    return Shot(scene="x", place="# review", taken_at=at, panes=(Said(message=said),), names={user: "@rex"})


def test_two_plays_of_one_scene_give_one_shot() -> None:
    first, second = datetime(2026, 11, 22, 12, 1, tzinfo=UTC), datetime(2031, 2, 28, 22, 59, tzinfo=UTC)
    one = Steady(first).held(shot(first, 1_574_040_195_177_644_033))
    assert one == Steady(second).held(shot(second, 1_999_999_999_999_999_999))
    assert one.taken_at == BEGAN + timedelta(minutes=2)


def test_one_person_keeps_one_number_over_all_shots() -> None:
    began = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    steady = Steady(began)
    first, second = (steady.held(shot(began, user)) for user in (10**18, 10**18))
    assert first.names == second.names
    (number,) = first.names
    (said,) = first.panes
    assert isinstance(said, Said)
    assert f"<@{number}> id `{number}`" in said.message["content"]


def test_bytes_of_pictures_are_left_alone() -> None:
    began = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    (said,) = Steady(began).held(shot(began, 10**18)).panes
    assert isinstance(said, Said)
    assert said.message["attachments"] == [{"data": "2026-01-01" + "1" * 18}]


def test_what_only_looks_like_a_date_is_left_alone() -> None:
    began = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    odd = Said(message={"content": "2026-99-99"})
    held = Steady(began).held(Shot(scene="x", place="p", taken_at=began, panes=(odd,), names={}))
    assert held.panes == (odd,)
