"""Whatever goes wrong with a command or a press, the person reads one plain sentence about it."""

from collections.abc import Awaitable

import structlog

from bot.cogs.budget import DESCRIPTION
from bot.cogs.replies import Reply, not_done, page
from bot.cogs.safe_text import shortened
from bot.language import marked, tr
from bot.ports import DiscordError, StoreError, UnknownCase

_log = structlog.get_logger(__name__)

UNKNOWN_CASE = marked(
    "I do not know this case. It may have been forgotten: cases are kept for a limited time only."
)
_DEFECT = marked(
    "Something went wrong in me. Please try again, and tell the operator of the bot if it stays like this."
)


class Declined(Exception):
    """What was asked for is not done. The message says why, to the person who asked."""


async def plainly(work: Awaitable[Reply]) -> Reply:
    """What the work comes to, or why it comes to nothing. Raises StoreError only, for `reply` knows what to say.

    Raises:
        StoreError: the memory is away.
    """
    try:
        return await work
    except UnknownCase:
        return not_done(said(tr(UNKNOWN_CASE)))
    except StoreError:
        raise
    except (Declined, DiscordError) as reason:
        return not_done(said(str(reason)))
    except Exception as defect:  # noqa: BLE001 - nobody who pressed is left without an answer
        _log.error("a press could not be worked on", exc_info=defect)
        return not_done(said(tr(_DEFECT)))


def said(text: str) -> Reply:
    """A sentence as an answer. `text` is ready to be shown."""
    return page("", [shortened(text, DESCRIPTION)])
