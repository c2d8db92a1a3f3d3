"""Fitted heads on disk: a start reads them in a fraction of the time that fitting them anew takes."""

import functools
import hashlib
import logging
import tempfile
from collections.abc import Collection
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load, save

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.scores.background import other_languages, shipped_lines_in
from inference.prefilter.scores.head import Head, Prior
from inference.prefilter.scores.lesson import Learned
from inference.prefilter.scores.likeness import Anchors
from policies.policy import Policy

_SUFFIX = ".head"
_DRAFT = ".tmp"
_SEAL = hashlib.sha256().digest_size

Arrays = dict[str, npt.NDArray[np.generic]]

log = logging.getLogger(__name__)


class HeadShelf:
    """A folder with one small file for each policy, for what was known when it was fitted.

    A file is named by both digests and sealed with its name: one that was cut off, damaged or made by something
    else is fitted and written anew. Nothing here is needed: where the folder cannot be read or written, heads are
    fitted as if there were none. May be shared by threads: files are replaced whole.
    """

    def __init__(self, folder: Path) -> None:
        """The folder is made when it is first written to."""
        self._folder = folder
        self._latest: tuple[Knowledge | None, str] = (None, "")

    def learned(self, policy: Policy, digest: str, knowledge: Knowledge) -> Learned:
        """What is on the shelf for a policy, else what is learned now and put there. `digest`: the policy's."""
        path = self._path(digest, knowledge)
        body = self._read(path)
        if body is not None:
            return _unpacked(load(body), policy)
        learned = Learned.of(policy, knowledge)
        self._keep(path, save(_packed(learned)))
        return learned

    def keep_only(self, digests: Collection[str], knowledge: Knowledge) -> None:
        """Delete all but these policies' files, so that nothing is left of policies that were deleted.

        Drafts that a killed process left behind go too; what is not the shelf's stays.
        """
        kept = {self._path(digest, knowledge) for digest in digests}
        try:
            for path in self._folder.glob("*"):
                if path.suffix in (_SUFFIX, _DRAFT) and path not in kept:
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("Fitted scores in %s cannot be tidied up: %s", self._folder, error)

    def _path(self, digest: str, knowledge: Knowledge) -> Path:
        key = hashlib.sha256(f"{digest} {self._digest_of(knowledge)}".encode())
        return self._folder / f"{key.hexdigest()}{_SUFFIX}"

    def _read(self, path: Path) -> bytes | None:
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("Fitted scores in %s cannot be read and are fitted anew: %s", path, error)
            return None
        body = sealed[_SEAL:]
        return body if sealed[:_SEAL] == _seal(path, body) else None

    def _keep(self, path: Path, body: bytes) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(path, _seal(path, body) + body)
        except OSError as error:
            log.warning(
                "Fitted scores cannot be kept in %s, the next start fits them anew: %s", path.parent, error
            )

    def _digest_of(self, knowledge: Knowledge) -> str:
        """Worked out once for what is known at present: it takes some milliseconds."""
        known, digest = self._latest
        if known is not knowledge:
            digest = knowledge_digest(knowledge)
            self._latest = knowledge, digest
        return digest


def knowledge_digest(knowledge: Knowledge) -> str:
    """SHA-256 (hex) of all that a fit reads besides the policy: the background as the embedder, the lexicon and
    the general models see it, their weights, and the code that reads texts and fits."""
    background, generic = knowledge.background, knowledge.generic
    texts = background.texts
    arrays: list[npt.NDArray[np.generic]] = [texts.meaning, texts.rude, *texts.patterns, background.harms]
    arrays += [generic.meaning, generic.rude, generic.patterns, generic.constant, generic.rarity]
    found = hashlib.sha256(_code_digest() + _lines_digest())
    for array in arrays:
        found.update(array.tobytes())
    return found.hexdigest()


@functools.cache
def _code_digest() -> bytes:
    """What is fitted depends on constants and steps in these modules: nobody has to remember a version number."""
    room = resources.files("inference.prefilter")
    modules = [
        each for folder in (room, room / "scores") for each in folder.iterdir() if each.name.endswith(".py")
    ]
    found = hashlib.sha256()
    for module in sorted(modules, key=lambda each: each.name):
        found.update(module.read_bytes())
    return found.digest()


@functools.cache
def _lines_digest() -> bytes:
    """Of the ordinary lines of other languages, which are read when a policy needs them."""
    lines = {language: shipped_lines_in(language) for language in other_languages()}
    return hashlib.sha256(repr(lines).encode()).digest()


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=_DRAFT, delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            Path(draft.name).replace(path)
        except OSError:  # a full disk: the half file must not keep it full
            Path(draft.name).unlink()
            raise


def _seal(path: Path, body: bytes) -> bytes:
    """A file's content belongs to its name."""
    return hashlib.sha256(path.name.encode() + body).digest()


def _packed(learned: Learned) -> Arrays:
    head, prior = learned.head, learned.head.prior
    numbers = [head.nearness, head.pattern_scale, prior.harm, prior.nearness]
    numbers += [prior.nearness_mean, prior.nearness_deviation]
    return {
        "meaning": head.meaning,
        "harms": head.harms,
        "rude": head.rude,
        "patterns": head.patterns,
        "knots": head.knots,
        "numbers": np.array(numbers, np.float64),
        "anchors": np.ascontiguousarray(learned.anchors.meaning),
    }


def _unpacked(arrays: Arrays, policy: Policy) -> Learned:
    nearness, pattern_scale, *prior = map(float, arrays["numbers"])
    head = Head(
        meaning=np.asarray(arrays["meaning"], np.float32),
        harms=np.asarray(arrays["harms"], np.float32),
        rude=np.asarray(arrays["rude"], np.float32),
        nearness=nearness,
        patterns=np.asarray(arrays["patterns"], np.int8),
        pattern_scale=pattern_scale,
        prior=Prior(*prior),
        knots=np.asarray(arrays["knots"], np.float32),
    )
    return Learned(head, Anchors.of(policy, np.asarray(arrays["anchors"], np.float32)))
