"""How texts are sealed for the disk: AES-256-GCM with the operator's key. The only home of `cryptography`.

A sealed text is ASCII: `sealed1:<key id>:<base64 of nonce, ciphertext and tag>`. It is bound to its kind (the name
of its column), so that it cannot be moved to another column, and it tells which key opens it, so that keys can be
changed. Its length still tells how long the text was.

The nonce has 96 random bits. NIST SP 800-38D (8.3) allows 2**32 texts for one key: at five texts a case, that is
800 million cases.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = "sealed1:"
"""What every sealed text begins with; the number is that of this way of sealing."""
KEY_MARK: Final = "sgk1_"
"""What every key begins with: people and secret scanners recognise it."""

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY: Final = re.compile(rf"{KEY_MARK}[A-Za-z0-9_-]{{43}}")
_SEALED: Final = re.compile(rf"{MARK}([0-9a-f]{{8}}):([A-Za-z0-9+/]+=*)")


class SealBroken(Exception):
    """A text cannot be opened: it was damaged, moved here from another column, or sealed with an unknown key."""


class NoKey(ValueError):
    """What was given is no key. The message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of 256 bits. Neither `repr` nor an error shows it."""

    id: str
    """Eight hexadecimal digits. They tell nothing about the key."""
    cipher: AESGCM = field(repr=False, compare=False)
    text: str = field(repr=False)
    """As it stands in a key file. Secret."""

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read a key as `new_key` wrote it.

        Raises:
            NoKey: it is none.
        """
        if not _KEY.fullmatch(text):
            raise NoKey(f"a key begins with {KEY_MARK} and has {len(KEY_MARK) + 43} characters")
        secret = urlsafe_b64decode(text.removeprefix(KEY_MARK) + "=")
        if len(secret) != _KEY_BYTES or _written(secret) != text:
            raise NoKey("this looks like a key, but its last character cannot be right")
        return cls(sha256(b"safeguild: id of a key\0" + secret).hexdigest()[:8], AESGCM(secret), text)


def new_key() -> Key:
    """A fresh key from the system's random numbers."""
    return Key.parse(_written(secrets.token_bytes(_KEY_BYTES)))


def _written(secret: bytes) -> str:
    return KEY_MARK + urlsafe_b64encode(secret).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that are known, the newest first: it seals, all of them open."""

    newest: Key
    older: tuple[Key, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Keys":
        """Read keys that are separated by spaces, commas or lines, the newest first.

        Raises:
            NoKey: there is none, or something that is none.
        """
        parts = text.replace(",", " ").split()
        if not parts:
            raise NoKey("there is nothing in it")
        newest, *older = dict.fromkeys(parts)
        return cls(Key.parse(newest), tuple(map(Key.parse, older)))

    @property
    def all(self) -> tuple[Key, ...]:
        """The newest first."""
        return (self.newest, *self.older)

    def seal(self, kind: str, text: str) -> str:
        """Seal a text of this kind (`table.column`) with the newest key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        closed = self.newest.cipher.encrypt(nonce, text.encode(), kind.encode())
        return f"{MARK}{self.newest.id}:{b2a_base64(nonce + closed, newline=False).decode('ascii')}"

    def open(self, kind: str, sealed: str) -> str:
        """Open what was sealed as this kind. The empty text stands for a text that was erased.

        Raises:
            SealBroken: it was damaged, moved here from another column, is not sealed, or its key is not known.
        """
        if not sealed:
            return ""
        parts = _SEALED.fullmatch(sealed)
        if parts is None:
            raise SealBroken("It is not sealed.")
        key = next((key for key in self.all if key.id == parts[1]), None)
        if key is None:
            raise SealBroken(f"The key {parts[1]} is not known.")
        return _opened(key, kind, parts[2])


def key_id(text: str) -> str | None:
    """The id of the key that a text was sealed with; None if it is not sealed."""
    parts = _SEALED.fullmatch(text)
    return parts[1] if parts else None


def beginnings(keys: Iterable[Key]) -> tuple[str, ...]:
    """What texts begin with that were sealed with one of these keys."""
    return tuple(f"{MARK}{key.id}:" for key in keys)


def _opened(key: Key, kind: str, body: str) -> str:
    try:
        closed = a2b_base64(body)
    except NotBase64:
        raise SealBroken("It is damaged.") from None
    if len(closed) < _NONCE_BYTES + _TAG_BYTES:
        raise SealBroken("It is cut off.")
    if b2a_base64(closed, newline=False).decode("ascii") != body:  # the last character has bits that do not count
        raise SealBroken("It is damaged.")
    try:
        return key.cipher.decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], kind.encode()).decode()
    except InvalidTag:
        raise SealBroken("It is damaged, or was moved here from another column.") from None
