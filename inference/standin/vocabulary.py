"""The o200k_harmony vocabulary in the form that a GGUF wants: token texts, token types, merges.

The 199,998 ordinary tokens come out of the `splintr-rs` package and are checked against the published hash of
OpenAI's vocabulary file; harmony's control tokens follow them.
"""

from typing import Final

from gguf import GGUFWriter, TokenType
from splintr import Tokenizer

from inference.vocabulary import CONTROL_TOKENS, ORDINARY_TOKENS, byte_of_character, vocabulary_file

VOCABULARY_SIZE: Final = 201_088

BOS: Final = 199_998
PAD: Final = 199_999
EOS: Final = 200_002
_NAMES: Final = {**CONTROL_TOKENS, 200_018: "<|endofprompt|>"}
"""The last one is o200k's own: model files name it, while harmony has no use for it."""


def token_bytes() -> list[bytes]:
    """The byte string of every ordinary token, by id; not checked."""
    tokenizer = Tokenizer.from_pretrained("o200k_base")
    return [bytes(tokenizer.decode_bytes([token])) for token in range(ORDINARY_TOKENS)]


def add_vocabulary(writer: GGUFWriter, tokens: list[bytes]) -> None:
    """Put the whole vocabulary into a GGUF's metadata, as the published gpt-oss files have it.

    Raises:
        VocabularyError: the tokens are not those of o200k: another `splintr-rs` is installed than the locked one.
    """
    texts, types = gguf_tokens(tokens)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-4o")
    writer.add_token_list(texts)
    writer.add_token_types(types)
    writer.add_token_merges(gguf_merges(tokens))
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)


def gguf_tokens(tokens: list[bytes]) -> tuple[list[str], list[int]]:
    """Texts and types of all 201,088 tokens; ids without a name are reserved control tokens.

    Raises:
        VocabularyError: the tokens are not those of o200k: another `splintr-rs` is installed than the locked one.
    """
    texts = _written(tokens)
    vocabulary_file(texts)
    controls = range(ORDINARY_TOKENS, VOCABULARY_SIZE)
    texts += [_NAMES.get(token, f"<|reserved_{token}|>") for token in controls]
    return texts, [int(TokenType.NORMAL)] * ORDINARY_TOKENS + [int(TokenType.CONTROL)] * len(controls)


def gguf_merges(tokens: list[bytes]) -> list[str]:
    """Every way to split a token into two tokens, in the order of the token's rank, then of the parts' ranks.

    In this order a byte-pair merger gives the same tokens as ranks do.
    """
    ranks = {token: rank for rank, token in enumerate(tokens)}
    written = _written(tokens)
    merges: list[str] = []
    for token in tokens:
        halves = ((token[:cut], token[cut:]) for cut in range(1, len(token)))
        pairs = sorted((ranks[left], ranks[right]) for left, right in halves if left in ranks and right in ranks)
        merges += [f"{written[left]} {written[right]}" for left, right in pairs]
    return merges


def _written(tokens: list[bytes]) -> list[str]:
    """One printable character a byte, as GGUF stores tokens."""
    characters = {byte: character for character, byte in byte_of_character().items()}
    return [token.decode("latin-1").translate(characters) for token in tokens]
