"""Hosts as a browser reads them: one spelling for all the ways to write a domain."""

import functools
import re
import unicodedata
from urllib.parse import unquote

from publicsuffixlist import PublicSuffixList

LONGEST_HOST = 253
"""Characters of a domain name (RFC 1035)."""
_LONGEST_LABEL = 63
_LONGEST_WRITTEN = 12 * LONGEST_HOST
"""Characters that a host can take with each of its characters as four percent signs and their digits."""

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff"
)
"""Characters that nobody sees, as the inside of a character class."""
DOTS = ".\u2024\u3002\ufe52\uff0e\uff61"
"""What browsers take for a dot, as the inside of a character class."""

_UNSEEN = re.compile(f"[{INVISIBLE}]")
_DOT = re.compile(rf"[\[({{][{DOTS}][\])}}]|[\[({{]dot[\])}}]|[{DOTS}]", re.IGNORECASE)
"""A dot, or one that was put in brackets so that nobody clicks it."""
_PLAIN = re.compile(r"[a-z0-9_.-]+")


def plain_host(written: str) -> str | None:
    """A host in small letters, in Unicode, without what is invisible; None if it cannot be one.

    Percent signs are decoded, full width and mathematical letters become plain ones (as in UTS 46), `xn--` labels
    become the letters that they stand for.
    """
    host = written.lower()
    if _PLAIN.fullmatch(host) is None:
        host = _unfolded(host)
    labels = [label for label in host.split(".") if label]
    if len(labels) < 2 or len(host) > LONGEST_HOST:
        return None
    if "xn--" in host:
        labels = [_decoded(label) for label in labels]
    return ".".join(labels)


@functools.lru_cache(maxsize=4096)
def registrable(host: str) -> str | None:
    """What somebody registered of a plain host: `discord.com` of `www.discord.com`; None if nothing is.

    By the public suffix list that comes with the package `publicsuffixlist`, private suffixes included: at
    `github.io` each subdomain has an owner of its own.
    """
    return public_suffixes().privatesuffix(host)


def public_suffix(host: str) -> str | None:
    """The suffix below which names are registered (`com`, `co.uk`, `github.io`); None if it is not known."""
    return public_suffixes().publicsuffix(host)


@functools.cache
def public_suffixes() -> PublicSuffixList:
    """The list, read once (30 ms). Nothing is fetched."""
    return PublicSuffixList(accept_unknown=False, accept_encoded_idn=False)


@functools.lru_cache(maxsize=4096)
def is_top_level(label: str) -> bool:
    """Whether domains end in this label, which is plain: the first look at something with a dot in it."""
    return bool(public_suffixes().is_public(label))


def _unfolded(written: str) -> str:
    seen = _UNSEEN.sub("", written)[: _LONGEST_WRITTEN + 1]
    host = unquote(seen) if "%" in seen else seen
    host = _UNSEEN.sub("", unicodedata.normalize("NFKC", _DOT.sub(".", host)))
    return _DOT.sub(".", host).lower()


def _decoded(label: str) -> str:
    """The letters of an `xn--` label, the label itself if it stands for none."""
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label  # a browser refuses it: it leads nowhere
    return decoded.lower() if decoded and "." not in decoded else label
