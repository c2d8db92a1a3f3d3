"""The optional sentence encoder: what it makes of texts and folders. What needs onnxruntime skips without it."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.onnx_network import UnusableEncoder
from inference.prefilter.sentence_encoder import MAX_TOKENS, SentenceEncoder, first_token, mean_of_tokens
from tests.inference.prefilter.tiny_encoder import (
    INT32,
    INT64,
    TABLE,
    WORDS,
    look_up,
    make_encoder,
    make_tokenizer,
    write_folder,
)

needs_onnxruntime = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")


def unit(vector):
    return vector / np.linalg.norm(vector)


def row(word: str):
    return TABLE[WORDS.index(word)]


def test_a_text_is_the_mean_of_its_tokens_and_has_length_1():
    (found,) = make_encoder().embed(["you are trash"])
    assert found == pytest.approx(unit(row("[CLS]") + row("you") + row("are") + row("trash")), abs=1e-6)


def test_a_model_may_take_the_first_token_or_give_vectors_of_texts_itself():
    by_first = SentenceEncoder(make_tokenizer(), look_up, first_token).embed(["trash", "good game"])
    assert by_first == pytest.approx(np.stack([unit(row("[CLS]"))] * 2), abs=1e-6)
    whole = SentenceEncoder(make_tokenizer(), lambda inputs: look_up(inputs).max(axis=1), mean_of_tokens)
    assert whole.embed(["trash"])[0] == pytest.approx(unit(np.maximum(row("[CLS]"), row("trash"))), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS[3:]), max_size=200).map(" ".join), max_size=80))
def test_what_else_is_embedded_beside_a_text_changes_nothing(texts):
    encoder = make_encoder()
    alone = [encoder.embed([text])[0] for text in texts]
    together = encoder.embed(texts)
    assert together.shape == (len(texts), encoder.dimensions)
    assert all(one == pytest.approx(other, abs=1e-5) for one, other in zip(alone, together, strict=True))


def test_a_text_without_a_letter_is_zero_and_long_ones_are_cut():
    encoder, tokens = make_encoder(), []
    assert not encoder.embed(["", " \n"]).any()
    watched = SentenceEncoder(
        make_tokenizer(),
        lambda inputs: (tokens.append(inputs["input_ids"].shape), look_up(inputs))[1],
        mean_of_tokens,
    )
    watched.embed(["you " * 4_000])
    assert tokens[-1] == (1, MAX_TOKENS)


def test_a_tokenizer_of_another_model_is_refused():
    with pytest.raises(UnusableEncoder, match="do not fit") as refused:
        SentenceEncoder(make_tokenizer((*WORDS, "more", "words")), look_up, mean_of_tokens)
    assert "same export" in refused.value.advice


def _without(name: str):
    def take_out(folder: Path) -> None:
        (folder / name).unlink()

    return take_out


def _with(name: str, text: str):
    def put_in(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    return put_in


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_without("model.onnx"), "no model in"),
        (_without("tokenizer.json"), r"no .*tokenizer\.json"),
        (_with("tokenizer.json", "{}"), r"tokenizer\.json cannot be read"),
        (_with("1_Pooling/config.json", "[]"), "cannot be read"),
        (_with("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}'), "pooling max_tokens is not known"),
        (_with("1_Pooling/config.json", '{"pooling_mode": "lasttoken"}'), "pooling lasttoken is not known"),
        (
            _with("1_Pooling/config.json", '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}'),
            "pooling cls_token and mean_tokens",
        ),
    ],
)
def test_what_is_wrong_with_a_folder_is_told_with_what_to_do(tmp_path, spoil, complaint):
    spoil(write_folder(tmp_path))
    with pytest.raises(UnusableEncoder, match=complaint) as refused:
        SentenceEncoder.load(tmp_path)
    assert refused.value.advice


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnusableEncoder, match="there is no folder"):
        SentenceEncoder.load(tmp_path / "nowhere")


def test_without_onnxruntime_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UnusableEncoder) as refused:
        SentenceEncoder.load(write_folder(tmp_path))
    assert "pip install" in refused.value.advice


@needs_onnxruntime
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": "onnx/model.onnx"},
        {"name": "model_quantized.onnx"},
        {"inputs": {"input_ids": INT64, "attention_mask": INT64, "token_type_ids": INT64}},
        {"inputs": {"input_ids": INT32, "attention_mask": INT32}},
        {"output": "token_embeddings"},
        {"output": "anything"},
        {"pooling": {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}},
        {"pooling": {"pooling_mode": "mean"}},
    ],
)
def test_every_usual_form_of_an_export_is_read_and_says_the_same(tmp_path, form):
    texts = ["good game", "you are trash", ""]
    found = SentenceEncoder.load(write_folder(tmp_path, **form))
    assert found.embed(texts) == pytest.approx(make_encoder().embed(texts), abs=1e-6)


@needs_onnxruntime
def test_the_pooling_of_the_folder_is_taken_and_tells_encoders_apart(tmp_path):
    by_mean = SentenceEncoder.load(write_folder(tmp_path / "mean"))
    by_first = SentenceEncoder.load(write_folder(tmp_path / "cls", pooling={"pooling_mode": "cls"}))
    assert by_first.embed(["trash"])[0] == pytest.approx(unit(row("[CLS]")), abs=1e-6)
    assert by_mean.digest != by_first.digest
    assert by_mean.digest == SentenceEncoder.load(tmp_path / "mean").digest


@needs_onnxruntime
@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"inputs": {"input_ids": INT64}}, "it reads input_ids, not"),
        ({"inputs": {"input_ids": INT64, "attention_mask": INT64, "pixels": INT64}}, "pixels"),
        ({"words": (*WORDS, "more")}, "do not fit"),
    ],
)
def test_a_model_that_is_no_sentence_encoder_is_refused(tmp_path, form, complaint):
    with pytest.raises(UnusableEncoder, match=complaint):
        SentenceEncoder.load(write_folder(tmp_path, **form))


@needs_onnxruntime
def test_a_damaged_model_is_told_as_such(tmp_path):
    (write_folder(tmp_path) / "model.onnx").write_bytes(b"no model")
    with pytest.raises(UnusableEncoder, match="cannot be read"):
        SentenceEncoder.load(tmp_path)
