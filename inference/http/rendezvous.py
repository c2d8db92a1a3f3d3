"""Which replica is asked about which policy: rendezvous hashing (Thaler and Ravishankar, 1998).

Every policy has an order of preference over the replicas of its own, so that its prompt stays in one cache. When a
replica goes, only its policies move, each to its second choice; when it comes back, only they return.
"""

import hashlib
from collections.abc import Iterable


def preference(key: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names, the preferred one first. All have equal weight."""
    return tuple(sorted(names, key=lambda name: (_score(key, name), name), reverse=True))


def _score(key: str, name: str) -> bytes:
    return hashlib.blake2b(f"{key}\0{name}".encode(), digest_size=8).digest()
