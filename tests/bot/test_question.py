from datetime import timedelta

from bot.case import Claim, Message
from bot.question import question
from tests.bot.adapters import START, WordInspector, make_earlier, make_message, make_policy


def claim_of(message: Message, *earlier: tuple[int, int, str], context: int = 4) -> Claim:
    policy = make_policy(context=context)
    (suspicion,) = WordInspector({7: (policy,)}).inspect(7, message.text, [policy.id])
    return Claim(
        job_id=1,
        case_id=1,
        revision=1,
        token="t",
        leased_until=START + timedelta(seconds=60),
        attempt=1,
        policy=policy,
        suspicion=suspicion,
        message=message,
        earlier=tuple(make_earlier(*line) for line in earlier),
    )


def test_speakers_are_labels_and_never_names() -> None:
    claim = claim_of(make_message(), (1, 66, "hello"), (2, 55, "hi"), (3, 77, "hey"), (4, 66, "again"))
    content = question(claim)
    assert [(line.speaker, line.text) for line in content.context] == [
        ("member 2", "hello"),
        ("author", "hi"),
        ("member 3", "hey"),
        ("member 2", "again"),
    ]
    assert "Mallory" not in repr(content)


def test_a_policy_sees_only_as_much_context_as_it_asks_for() -> None:
    lines = [(number, 66, str(number)) for number in range(1, 7)]
    assert [line.text for line in question(claim_of(make_message(), *lines, context=2)).context] == ["5", "6"]
    assert question(claim_of(make_message(), *lines, context=0)).context == ()


def test_disguised_words_come_with_the_spelling_they_stand_for() -> None:
    content = question(claim_of(make_message(text="you l0ser, L0SER")))
    assert (content.readings, content.written) == (("loser",), ("l0ser",))


def test_embeds_are_judged_as_text_and_attachments_are_told_as_facts() -> None:
    message = make_message(text="look", embeds=("loser of the week",), attachments=("cat.png",))
    content = question(claim_of(message))
    assert content.text == "look\nloser of the week"
    assert content.about == ("attachment: cat.png",)


def test_a_reply_names_the_member_it_answers_by_label() -> None:
    assert question(claim_of(make_message(reply_to=1), (1, 66, "hello"))).about == ("reply to: member 2",)
    assert question(claim_of(make_message(reply_to=1), (1, 55, "hello"))).about == ("reply to: themselves",)
    assert question(claim_of(make_message(reply_to=9), (1, 55, "hello"))).about == ()
