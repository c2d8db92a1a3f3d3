"""The short version of the kill campaign: kill -9 at random points of the walk, and the books balance."""

import pytest

from tests.journeys.conftest import NewFolder
from tests.journeys.kill_campaign import campaign

KILLS = 3
SEED = 3


@pytest.mark.slow
async def test_after_some_kills_at_random_points_nothing_is_lost_and_nothing_is_there_twice(new_folder: NewFolder):
    errors, report = await campaign(new_folder(), KILLS, SEED)
    assert errors == [], report
