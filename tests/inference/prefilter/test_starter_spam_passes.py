"""A single word of an example must not make spam of what every server says all day."""

import pytest

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from policies.starter import starter_policies

GUILD = 1


@pytest.fixture(scope="module")
def spam() -> Prefilter:
    return Prefilter.build({GUILD: [starter_policies()["spam"]]}, Knowledge.shipped())


@pytest.mark.parametrize(
    "text", ["good morning everyone", "thanks everyone!", "is everyone ready?", "everyone liked that"]
)
def test_who_speaks_to_everyone_is_not_taken_for_spam(spam: Prefilter, text: str) -> None:
    assert spam.inspect(GUILD, text) == ()


def test_who_pings_everyone_again_and_again_is(spam: Prefilter) -> None:
    assert spam.inspect(GUILD, "@everyone @everyone @everyone look here")
