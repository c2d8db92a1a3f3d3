"""What the judge notes on a verdict is said in the language of whoever looks at the case."""

import ast
import json
from pathlib import Path

import pytest

from bot.cogs.reasoning import reasoning
from bot.exports.parts import finding_fields
from bot.language import Language, said, speaking, tr
from inference.judge import UnreadableAnswer
from inference.prompt import Harmony
from inference.standin.notice import STANDIN_NAME, STANDIN_NOTE
from policies.phrases import Phrase, phrase
from policies.policy import Effort, Judging
from tests.bot.adapters import make_policy
from tests.bot.cogs.card_samples import case_about, flagged, violation
from tests.inference.test_judging import AUTO, answer, judged
from tools.language.collecting import collect
from tools.language.update import ROOT

OTHERS = [language for language in Language if language is not Language.ENGLISH]
NOTING = (ROOT / "inference", ROOT / "policies", ROOT / "bot" / "inquiry.py")
PERCENT = "46\N{NO-BREAK SPACE}%"
CUT = phrase("the reasoning ran into its budget and was cut")
UNSURE = phrase("unsure {at} ({share}%), so judged again {again}").about(
    at=phrase("at low effort"), share=46, again=phrase("at high effort")
)


def calls_of_phrase(file: Path) -> list[ast.Call]:
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "phrase"]


def test_every_sentence_of_a_note_stands_where_translators_find_it() -> None:
    files = [file for place in NOTING for file in ([place] if place.suffix else place.rglob("*.py"))]
    called = [(file, call) for file in files for call in calls_of_phrase(file)]
    assert len(called) > 100
    hidden = [f"{file}:{call.lineno}" for file, call in called if not isinstance(call.args[0], ast.Constant)]
    assert hidden == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_note_of_the_judge_is_left_in_english(language: Language) -> None:
    texts = {text.one for text in collect(ROOT / "inference", ROOT)}
    assert {STANDIN_NOTE.text, CUT.text, UNSURE.text} < texts
    with speaking(language):
        assert [text for text in sorted(texts) if tr(text) == text] == []


async def test_all_that_is_noted_of_one_verdict_can_be_said(harmony: Harmony) -> None:
    second = answer(0.9, quotes=("loser", "not there"), cut=True, malformed=True)
    high = Judging(effort=Effort.AUTO, second_effort=Effort.HIGH, unsure=(0.3, 0.7))
    verdict, _ = await judged(harmony, [answer(0.46), second], high, model_name=STANDIN_NAME)
    with speaking(Language.GERMAN):
        assert list(map(said, verdict.notes)) == [
            "Platzhalter: vergleicht nur Begriffe",
            "die Begründung hat ihre Grenze erreicht und wurde abgeschnitten",
            "die Begründung endete in Steuerzeichen, die nicht dorthin gehören",
            "Zitate, die wegfielen, weil sie in der Nachricht nicht vorkommen: 1",
            f"unsicher mit niedrigem Aufwand ({PERCENT}), darum mit hohem Aufwand noch einmal beurteilt",
        ]
    with speaking(Language.SPANISH):
        assert said(verdict.notes[-1]) == (
            f"inseguro con esfuerzo bajo ({PERCENT}), por eso se juzgó otra vez con esfuerzo alto"
        )


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (
            answer(0.5, label_mass=0.00123),
            "nur ein Anteil von 0,0012 der Wahrscheinlichkeit entfällt auf die beiden Antworten",
        ),
        (
            UnreadableAnswer(phrase("the model's output is not made of numbers")),
            "die Ausgabe des Modells besteht nicht aus Zahlen",
        ),
    ],
)
async def test_why_a_second_look_said_nothing_is_said_inside_of_the_note(
    harmony: Harmony, second: object, why: str
) -> None:
    verdict, _ = await judged(harmony, [answer(0.5), second], AUTO)  # type: ignore[list-item]
    with speaking(Language.GERMAN):
        assert said(verdict.notes[0]).endswith(f"die Antwort mit mittlerem Aufwand war nicht lesbar: {why}")


def shown_in(language: Language, *notes: Phrase | str) -> str:
    policy = make_policy()
    case = case_about(findings=(flagged(policy, violation(policy, notes=notes)),))
    with speaking(language):
        return json.dumps([embed.to_dict() for embed in reasoning(case).embeds], ensure_ascii=False)


def test_two_moderators_read_the_notes_of_one_case_in_their_languages() -> None:
    assert "Begründung hat ihre Grenze erreicht" in shown_in(Language.GERMAN, CUT)
    assert "razonamiento llegó a su límite" in shown_in(Language.SPANISH, CUT)
    assert str(CUT) in shown_in(Language.ENGLISH, CUT)


def test_a_note_of_an_older_version_is_shown_as_it_was_stored() -> None:
    old = "only half of the probability is on the two labels"
    assert old in shown_in(Language.GERMAN, old)
    assert "Platzhalter" in shown_in(Language.GERMAN, str(STANDIN_NOTE)), "the catalogue knows it by its text"


def test_exports_tell_notes_in_english_whatever_is_spoken() -> None:
    policy = make_policy()
    finding = flagged(policy, violation(policy, notes=(CUT, UNSURE, "an older one")))
    with speaking(Language.GERMAN):
        assert finding_fields(finding)["verdict"]["notes"] == [
            "the reasoning ran into its budget and was cut",
            "unsure at low effort (46%), so judged again at high effort",
            "an older one",
        ]
