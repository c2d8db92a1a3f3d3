"""Why a disk refuses, in words that can be said in every language."""

import errno
import os
from collections.abc import Mapping
from types import MappingProxyType

from policies.phrases import Phrase, code, phrase

_REASONS: Mapping[int, Phrase] = MappingProxyType(
    {
        errno.EACCES: phrase("Permission denied"),
        errno.EPERM: phrase("Operation not permitted"),
        errno.ENOENT: phrase("No such file or directory"),
        errno.EISDIR: phrase("Is a directory"),
        errno.ENOTDIR: phrase("Not a directory"),
        errno.EIO: phrase("Input/output error"),
        errno.ENOSPC: phrase("No space left on device"),
        errno.EDQUOT: phrase("Disk quota exceeded"),
        errno.EROFS: phrase("Read-only file system"),
        errno.EMFILE: phrase("Too many open files"),
        errno.ENFILE: phrase("Too many open files in system"),
        errno.ELOOP: phrase("Too many levels of symbolic links"),
        errno.ENAMETOOLONG: phrase("File name too long"),
    }
)
"""The words of the C library (`strerror`) for what happens to files. What is rarer stays in its words."""
NOT_A_FILE = phrase("this is not a file")


class NotAFile(OSError):
    """A pipe, a device or a folder is where a file should be."""

    def __init__(self) -> None:
        super().__init__(str(NOT_A_FILE))


def reason_of(error: OSError) -> Phrase:
    """Why the disk refused, without the path: moderators read this, and the path is the operator's business."""
    if isinstance(error, NotAFile):
        return NOT_A_FILE
    known = _REASONS.get(error.errno or 0)
    return known or code(os.strerror(error.errno) if error.errno else str(error))
