"""The Hugging Face hub: the only home of huggingface_hub. Its errors become ours, each with what to do."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import httpx2
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    EntryNotFoundError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented there, not in __all__

from bot.errors import EnvironmentProblem, SettingsError
from bot.models.meter import Advance

_TIMEOUT = 20.0
"""Seconds to wait for the hub's first answer."""
_LISTED = 8
"""How many of a repository's files an error names."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a repository."""

    repository: str
    file: str
    revision: str = "main"
    endpoint: str | None = None
    """Another hub than the library's own (`HF_ENDPOINT`, else huggingface.co)."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as the hub describes it, pinned to a commit."""

    source: Source
    commit: str
    url: str
    size: int
    """Bytes."""
    etag: str
    """The file's SHA-256 for everything that is stored as a large file."""


def remote_file(source: Source) -> Remote:
    """Ask the hub about a file.

    Raises:
        SettingsError: the repository's name cannot be one.
        EnvironmentProblem: no network, no such repository or file, or an answer that makes no sense.
    """
    _say_nothing_of_this_machine()
    with _explained(source):
        found = get_hf_file_metadata(_url(source, source.revision), timeout=_TIMEOUT, endpoint=source.endpoint)
    if found.commit_hash is None or found.etag is None or found.size is None:
        raise EnvironmentProblem(
            f"{found.location} does not answer as a Hugging Face hub",
            "if HF_ENDPOINT is set, check that it names a hub; behind a proxy or login page, sign in first",
        )
    return Remote(source, found.commit_hash, _url(source, found.commit_hash), found.size, found.etag)


def download(remote: Remote, file: BinaryIO, done: int, advance: Advance) -> None:
    """Append what is missing of a file that has `done` bytes already; a short loss of the network is waited out.

    Raises:
        EnvironmentProblem: the network stayed away. What has come is in the file.
        OSError: the file cannot be written.
    """
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    with _explained(remote.source):
        while not _downloaded(remote, file, done, advance):
            done = file.tell()


def _say_nothing_of_this_machine() -> None:
    """The library would tell the hub what software runs here, and fetch lists of its own for that."""
    constants.HF_HUB_DISABLE_TELEMETRY = True


def _downloaded(remote: Remote, file: BinaryIO, done: int, advance: Advance) -> bool:
    """Whether the file is whole now. A connection that broke after it brought something is worth another try."""
    try:
        http_get(
            remote.url,
            file,
            resume_size=done,
            headers=build_hf_headers(),
            expected_size=remote.size,
            tqdm_class=_bar(advance),
        )
    except httpx2.NetworkError:
        if file.tell() == done:
            raise
        return False
    return True


def _url(source: Source, revision: str) -> str:
    try:
        return hf_hub_url(source.repository, source.file, revision=revision, endpoint=source.endpoint)
    except HFValidationError as error:
        raise SettingsError(f"`model.repository` is no repository's name: {_reason(error)}") from None


def _bar(advance: Advance) -> Any:
    """Our meter behind the few calls that the library makes on a progress bar."""

    class Bar:
        def __init__(self, **_: object) -> None:
            pass

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            advance(count)

    return Bar


@contextmanager
def _explained(source: Source) -> Iterator[None]:
    """Turn the library's errors into ours. They are listed from the special to the general."""
    try:
        yield
    except GatedRepoError:
        hint = f"accept its terms at https://huggingface.co/{source.repository} and set HF_TOKEN"
        raise EnvironmentProblem(f"the repository {source.repository} asks for a login", hint) from None
    except RepositoryNotFoundError:
        hint = "check `model.repository` in the settings; a private one needs HF_TOKEN"
        raise EnvironmentProblem(f"there is no repository {source.repository}", hint) from None
    except RevisionNotFoundError:
        message = f"the repository {source.repository} has no revision {source.revision}"
        raise EnvironmentProblem(message, "check `model.revision` in the settings") from None
    except EntryNotFoundError:
        message = f"the repository {source.repository} has no file {source.file}"
        raise EnvironmentProblem(message, _other_files(source)) from None
    except OfflineModeIsEnabled:
        raise EnvironmentProblem("HF_HUB_OFFLINE forbids downloads", _OFFLINE_HINT) from None
    except HfHubHTTPError as error:
        message = f"the hub answered with an error: {_reason(error)}"
        raise EnvironmentProblem(message, "try again later; what has come is kept") from None
    except (httpx2.HTTPError, FileMetadataError) as error:
        message = f"the hub cannot be reached: {_reason(error)}"
        raise EnvironmentProblem(message, _OFFLINE_HINT) from None


_OFFLINE_HINT = (
    "check the network and run the same command again: it goes on where it stopped; on a machine without network, "
    "copy a GGUF file there and run `safeguild model use PATH`"
)


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _other_files(source: Source) -> str:
    """What the repository has instead, so that a renamed file is found without a browser."""
    try:
        names = HfApi(endpoint=source.endpoint).list_repo_files(source.repository, revision=source.revision)
    except (httpx2.HTTPError, OSError):
        return "check `model.file` in the settings"
    models = sorted(name for name in names if name.endswith(".gguf"))
    if not models:
        return "check `model.repository` in the settings: it holds no GGUF file"
    more = f" and {len(models) - _LISTED} more" if len(models) > _LISTED else ""
    return f"set `model.file` to one of: {', '.join(models[:_LISTED])}{more}"
