"""The list of domains that is in force, from all its sources, and the loop that keeps it up to date."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from bot.domain_settings import DomainSettings
from bot.domains.fetching import fetch_domains
from bot.domains.lists import ListFile, Stamp, fetched_file, keep_fetched, operators_file
from bot.errors import EnvironmentProblem, InputError, OperatorError
from inference.prefilter.signals.domains import DomainList

LOOK_SECONDS = 60.0
"""How often the files are looked at."""
RETRY_SECONDS = 900.0
"""How soon a list that could not be fetched is asked for again."""

_log = structlog.get_logger(__name__)


class DomainFeed:
    """The shipped list, the operator's file and the fetched one together. A bad one never displaces a good one."""

    def __init__(
        self, settings: DomainSettings, data_folder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` tells seconds. Nothing is read before `look`."""
        self._settings = settings
        self._data_folder = data_folder
        self._clock = clock
        self._files = _files(settings, data_folder)
        self._stamps: dict[ListFile, Stamp | None] = {}
        self._lists: dict[ListFile, DomainList] = {}
        self._current: DomainList | None = None
        self._next_fetch = clock()

    @property
    def current(self) -> DomainList:
        """The list that holds now. It is another object when, and only when, it says something else."""
        if self._current is None:
            self._current = DomainList.shipped()
        return self._current

    async def look(self) -> tuple[OperatorError, ...]:
        """Read the files that have changed and put what they say in force; what is wrong with them comes back.

        Of a file that cannot be read now, what it said before holds; one that was deleted says nothing any more.
        """
        before = dict(self._lists)
        problems = [problem for file in self._files if (problem := await self._look_at(file))]
        if self._lists != before:
            self._current = await asyncio.to_thread(_together, list(self._lists.values()), self.current)
        return tuple(problems)

    async def _look_at(self, file: ListFile) -> InputError | None:
        stamp = file.stamp()
        if file in self._stamps and self._stamps[file] == stamp:
            return None
        self._stamps[file] = stamp
        if stamp is None:
            self._lists.pop(file, None)
            if not file.required:
                return None
        try:
            self._lists[file] = await asyncio.to_thread(file.read)
        except InputError as problem:
            return problem
        return None

    async def update(self) -> DomainList:
        """Fetch the list at `domains.url`, keep it and return it; `look` puts it in force.

        Raises:
            EnvironmentProblem: it cannot be fetched, is no list, or cannot be kept. What was kept before holds.
        """
        assert self._settings.url is not None
        fetched = await fetch_domains(self._settings.url)
        await asyncio.to_thread(keep_fetched, self._data_folder, fetched)
        return fetched

    async def run(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Keep the list up to date until cancelled; `changed` is awaited after each change of `current`."""
        if not self._files:
            return
        while True:
            before = self.current
            await self._fetch_if_due()
            for problem in await self.look():
                _log.warning("a list of domains is not used", reason=problem.message, advice=problem.hint)
            if self.current is not before:
                _log.info("the list of domains has changed", domains=len(self.current.entries))
                await changed()
            await asyncio.sleep(LOOK_SECONDS)

    async def _fetch_if_due(self) -> None:
        if self._settings.url is None or self._clock() < self._next_fetch:
            return
        wait = self._settings.every.total_seconds()
        try:
            await self.update()
        except EnvironmentProblem as problem:
            _log.warning("the list of domains was not fetched", reason=problem.message, advice=problem.hint)
            wait = min(wait, RETRY_SECONDS)
        self._next_fetch = self._clock() + wait


def _together(lists: list[DomainList], current: DomainList) -> DomainList:
    """What the shipped list and these say together: `current` itself if it says the same."""
    shipped = DomainList.shipped()
    entries = shipped.entries.union(*(known.entries for known in lists))
    known = (current, shipped)
    return next((each for each in known if each.entries == entries), DomainList(entries))


def _files(settings: DomainSettings, data_folder: Path) -> tuple[ListFile, ...]:
    """The list of an address that is no longer set is not used, though it is still there."""
    named = (operators_file(settings.file),) if settings.file else ()
    return (*named, *((fetched_file(data_folder),) if settings.url else ()))
