"""The signals that a guild's policies ask for, held against one text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from inference.prefilter.signals.domains import DomainList
from inference.prefilter.signals.invites import is_invite, spaced_invites
from inference.prefilter.signals.links import NO_LINKS, Link, Links, links_in
from inference.prefilter.signals.look_alikes import LookAlikes
from inference.prefilter.signals.mentions import mentions_in
from inference.prefilter.suspicion import Evidence, EvidenceKind
from inference.prefilter.view import View
from policies.policy import Policy
from policies.signals import Signal, SignalKind

MAX_EVIDENCE = 4
"""Reasons of each kind of link: more of them say nothing new."""

_LINK_KINDS = frozenset({SignalKind.PHISHING_LINK, SignalKind.LOOK_ALIKE_LINK, SignalKind.INVITE_LINK})


class Signals:
    """What one guild's policies want to have looked at besides words. Immutable; safe to share between threads.

    It holds no more than the policies' lines and the list of domains: building one takes microseconds.
    """

    def __init__(
        self, wanted: Mapping[SignalKind, Sequence[tuple[str, Signal]]], domains: DomainList, names: LookAlikes
    ) -> None:
        self._wanted = wanted
        self._domains = domains
        self._names = names
        self._wants_links = not _LINK_KINDS.isdisjoint(wanted)

    @classmethod
    def build(cls, policies: Sequence[Policy], domains: DomainList, names: LookAlikes | None = None) -> "Signals":
        """The signals of a guild's policies. `names`: the well-known ones that are shipped, if left out."""
        wanted: dict[SignalKind, list[tuple[str, Signal]]] = {}
        for policy in policies:
            for signal in policy.prefilter.parsed_signals:
                wanted.setdefault(signal.kind, []).append((policy.id, signal))
        return cls(wanted, domains, names or LookAlikes.shipped())

    def find(self, written: str, light: View) -> list[tuple[str, Evidence]]:
        """Pairs (policy id, evidence) for a text, each of which forces a look.

        Repeats are not among them: they need a memory (`prefilter.repeats`). `written` and `light` are
        those of the text's `Reading`: as it is shown, and folded to plain letters.
        """
        found: list[tuple[str, Evidence]] = []
        links = links_in(written) if self._wants_links else NO_LINKS
        if links.found:
            found += self._for_all(SignalKind.PHISHING_LINK, self._phishing(written, links))
            found += self._for_all(SignalKind.LOOK_ALIKE_LINK, self._look_alikes(written, links.found))
            found += self._for_all(SignalKind.INVITE_LINK, _invites(written, links.found))
        if "/" in light.text:
            found += self._for_all(SignalKind.INVITE_LINK, _spaced_invites(written, light, links.found))
        if "@" in written and SignalKind.MASS_MENTION in self._wanted:
            found += self._mass_mentions(written)
        return found

    def _for_all(self, kind: SignalKind, evidence: Iterable[Evidence]) -> list[tuple[str, Evidence]]:
        """The evidence for every policy that asks for this kind. It is not looked for if none does."""
        if kind not in self._wanted:
            return []
        shown = list(islice(evidence, MAX_EVIDENCE))
        return [(policy_id, item) for policy_id, _ in self._wanted[kind] for item in shown]

    def _phishing(self, written: str, links: Links) -> Iterator[Evidence]:
        for link in links.found:
            entry = self._domains.listed(link.host, link.path)
            if entry:
                yield _link_evidence(written, link, f"known for phishing: {entry}")
            if link.posed and not self._names.are_of_one_owner(link.posed, link.host):
                yield _link_evidence(written, link, f"shows {link.posed}, leads to {link.host}")
        if links.more:
            yield _link_evidence(written, links.more, "more links than are looked at")

    def _look_alikes(self, written: str, links: Sequence[Link]) -> Iterator[Evidence]:
        told: set[str] = set()
        for link in links:
            wrong = self._names.find(link.host, is_link=link.has_scheme or bool(link.path))
            if wrong and link.host not in told:
                told.add(link.host)
                yield _link_evidence(written, link, f"{link.host} {wrong}")

    def _mass_mentions(self, written: str) -> Iterator[tuple[str, Evidence]]:
        mentions = mentions_in(written)
        if mentions is None:
            return
        said = f"mentions {mentions.broadcast or f'{mentions.count} members and roles'}"
        evidence = _evidence(EvidenceKind.MENTIONS, said, written, mentions.start, mentions.end)
        for policy_id, signal in self._wanted[SignalKind.MASS_MENTION]:
            if mentions.broadcast or mentions.count >= signal.count:
                yield policy_id, evidence


def _invites(written: str, links: Sequence[Link]) -> Iterator[Evidence]:
    for link in filter(is_invite, links):
        yield _link_evidence(written, link, f"invite: {link.host}{link.path}")


def _spaced_invites(written: str, light: View, links: Sequence[Link]) -> Iterator[Evidence]:
    """Invitations that are no links as they are written; none if there is one that is."""
    if not any(map(is_invite, links)):
        for start, end in spaced_invites(light):
            yield _evidence(EvidenceKind.LINK, "an invite in disguise", written, start, end)


def _link_evidence(written: str, link: Link, name: str) -> Evidence:
    return _evidence(EvidenceKind.LINK, name, written, link.start, link.end)


def _evidence(kind: EvidenceKind, name: str, written: str, start: int, end: int) -> Evidence:
    return Evidence(kind=kind, name=name, start=start, end=end, quote=written[start:end])
