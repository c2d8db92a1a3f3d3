"""Several policies in one file: YAML documents one below the other, or a zip of YAML files. Pure."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from bot.language import tr
from policies.policy import is_policy_id
from policies.yaml_tree import MAX_BYTES

MOST_POLICIES: Final = 12
"""In one import: each one is shown before it is saved."""
MOST_PACKED_BYTES: Final = 1024 * 1024
"""Of a zip as it comes."""
_ZIP: Final = b"PK\x03\x04"
_NEXT_DOCUMENT: Final = re.compile(rb"^---[ \t]*(?:#[^\n]*)?\r?\n", re.MULTILINE)
_ENDINGS: Final = (".yaml", ".yml")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip knows: the same policies make the same bytes."""


class PackError(Exception):
    """A file that was handed in cannot be taken apart. The message says what to do, in the language spoken now."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One policy of a pack."""

    name: str
    """What it is called in messages: a file's name."""
    policy_id: str
    """By the file's name; empty where that is no policy id."""
    source: bytes


def unpacked(name: str, data: bytes) -> list[Packed]:
    """The policies in a file that was handed in. Whether they have errors is not looked at.

    Raises PackError if the file is too large, damaged or empty. A zip bomb is not unpacked.
    """
    found = list(_zipped(data) if data.startswith(_ZIP) else _documents(name, data))
    if not found:
        raise PackError(tr("There is no policy in {name}.", name=name))
    if len(found) > MOST_POLICIES:
        raise PackError(
            tr(
                "There are {count} policies in {name}; import at most {most} at once.",
                count=len(found),
                name=name,
                most=MOST_POLICIES,
            )
        )
    return found


def packed(sources: Mapping[str, bytes]) -> bytes:
    """A zip of policies. `sources`: {policy id: its file}."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as pack:
        for policy_id, source in sorted(sources.items()):
            pack.writestr(zipfile.ZipInfo(f"{policy_id}.yaml", _EPOCH), source)
    return written.getvalue()


def _documents(name: str, data: bytes) -> Iterator[Packed]:
    if len(data) > MAX_BYTES * MOST_POLICIES:
        raise PackError(tr("{name} is too large for policies.", name=name))
    parts = [part for part in _NEXT_DOCUMENT.split(data) if _says_something(part)]
    for number, part in enumerate(parts, start=1):
        if len(parts) == 1:
            yield Packed(name, _id_of(name), data)
        else:
            yield Packed(tr("{name}, document {number}", name=name, number=number), "", part)


def _says_something(part: bytes) -> bool:
    lines = (line.strip() for line in part.splitlines())
    return any(line and not line.startswith(b"#") for line in lines)


def _zipped(data: bytes) -> Iterator[Packed]:
    if len(data) > MOST_PACKED_BYTES:
        raise PackError(tr("The zip is larger than {most} KB.", most=MOST_PACKED_BYTES // 1024))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            for info in _policies_of(pack.infolist()):
                yield Packed(info.filename, _id_of(info.filename), _read(pack, info))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise PackError(tr("The zip cannot be read: it is damaged, or has a password.")) from error


def _policies_of(infos: Iterable[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    """Files that may be policies; what systems add beside them begins with a dot or two underscores."""
    for info in infos:
        path = PurePosixPath(info.filename)
        hidden = any(part.startswith((".", "__")) for part in path.parts)
        if not info.is_dir() and not hidden and path.suffix.lower() in _ENDINGS:
            yield info


def _read(pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """At most one byte more than a policy may have, whatever the zip says of its size."""
    with pack.open(info) as file:
        return file.read(MAX_BYTES + 1)


def _id_of(name: str) -> str:
    stem = PurePosixPath(name).stem.lower()
    return stem if is_policy_id(stem) else ""
