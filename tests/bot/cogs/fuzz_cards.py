"""The long version of the suite's hostile texts: `python -m tests.bot.cogs.fuzz_cards 10000`."""

import sys

from hypothesis import HealthCheck, given, settings

from bot.case import Action
from tests.bot.cogs.hostile_card import HOSTILE, check_hostile_reasoning, check_hostile_text
from tests.bot.cogs.test_notices_text import check_hostile_notice


def run(count: int) -> None:
    """So many cards, private answers and notices; an AssertionError names the text that broke one."""

    @given(HOSTILE)
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def campaign(text: str) -> None:
        check_hostile_text(text)
        check_hostile_reasoning(text)
        for action in (Action.DELETE, Action.BAN, Action.HELP):
            check_hostile_notice(text, action)

    campaign()
    sys.stdout.write(f"{count} hostile texts: no limit broken, no ping, no way out of a code block\n")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
