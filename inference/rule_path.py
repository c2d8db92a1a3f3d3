"""The way to one rule id, token by token, along the trie of those that may be cited. Knows no model."""

from collections.abc import Callable, Iterable


class RulePath:
    """Begins before the first token. Where one id begins another, what may stand behind an id is a choice, too."""

    def __init__(
        self, rule_ids: Iterable[str], tokens: Callable[[str], tuple[int, ...]], following: tuple[int, ...]
    ) -> None:
        """`tokens` makes tokens of an id; `following` are those that may stand behind a whole one."""
        self._rule_ids = {tokens(rule_id): rule_id for rule_id in rule_ids}
        self._following = frozenset(following)
        self._taken: tuple[int, ...] = ()

    @property
    def rule_id(self) -> str:
        """The one that is reached, once nothing is allowed any more or `take` said so. Raises KeyError before."""
        return self._rule_ids[self._taken]

    @property
    def allowed(self) -> tuple[int, ...]:
        """The tokens to choose from here, ascending; none where an id is whole and begins no other one."""
        ahead = self._ahead()
        whole = self._taken in self._rule_ids
        return tuple(sorted(ahead | self._following if ahead and whole else ahead))

    def take(self, token: int) -> bool:
        """Go on by one of the allowed tokens; False if it stands behind the id, which is whole then."""
        goes_on = token in self._ahead()
        if goes_on:
            self._taken = (*self._taken, token)
        return goes_on

    def _ahead(self) -> frozenset[int]:
        """What continues ids that begin as what was taken."""
        place = len(self._taken)
        return frozenset(
            path[place] for path in self._rule_ids if len(path) > place and path[:place] == self._taken
        )
