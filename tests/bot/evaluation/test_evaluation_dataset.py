import json
from pathlib import Path

import pytest

from bot.evaluation.dataset import Dataset, Plan, read_dataset
from bot.evaluation.errors import EvaluationError
from bot.evaluation.known_sets import KNOWN_SETS
from bot.evaluation.labels import Label, LabelColumn, NotALabelError, parse_label_option, read_label
from bot.evaluation.planning import Wish, plan_for
from bot.evaluation.shipped import shipped_policies
from tests.bot.adapters import make_policy

POLICY = make_policy()


def lines(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def wish(*policy_ids: str, **fields: object) -> Wish:
    return Wish({name: make_policy(name) for name in policy_ids}, **fields)  # type: ignore[arg-type]


def read(path: Path, asked: Wish, **how: int) -> tuple[Plan, Dataset]:
    plan = plan_for(path, asked)
    return plan, read_dataset(path, plan, **how)


class TestLabels:
    @pytest.mark.parametrize("value", [1, True, 1.0, "1", " TRUE ", "yes", "Violating", "unsafe"])
    def test_usual_words_for_violating(self, value: object) -> None:
        assert read_label(value, LabelColumn("x"), POLICY) == Label(True)

    @pytest.mark.parametrize("value", [0, False, "0.0", "no", "Allowed", "safe"])
    def test_usual_words_for_allowed(self, value: object) -> None:
        assert read_label(value, LabelColumn("x"), POLICY) == Label(False)

    @pytest.mark.parametrize("value", [None, "", "NaN", "unknown"])
    def test_no_label_is_unknown_and_not_allowed(self, value: object) -> None:
        assert read_label(value, LabelColumn("x"), POLICY) is None

    def test_a_rule_s_id_names_the_rule(self) -> None:
        assert read_label("r2", LabelColumn("x"), POLICY) == Label(True, "R2")

    @pytest.mark.parametrize("value", ["maybe", 2, -1, 0.5, ["1"], {"a": 1}])
    def test_a_label_of_neither_kind_is_refused_rather_than_guessed(self, value: object) -> None:
        with pytest.raises(NotALabelError):
            read_label(value, LabelColumn("x"), POLICY)

    def test_named_values_mean_violating_and_all_others_allowed(self) -> None:
        policy_id, column = parse_label_option("harassment=kind:Insult, threat")
        assert (policy_id, column.column) == ("harassment", "kind")
        labels = [read_label(value, column, POLICY) for value in ("insult", "THREAT", "neither", "")]
        assert labels == [Label(True), Label(True), Label(False), None]

    @pytest.mark.parametrize("option", ["", "harassment", "=x", "harassment=", "harassment=x:", "harassment=x: ,"])
    def test_an_option_that_names_nothing_is_refused(self, option: str) -> None:
        with pytest.raises(EvaluationError, match="names no policy with a column"):
            parse_label_option(option)


class TestColumns:
    def test_text_and_label_are_the_usual_columns(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", {"text": "you loser", "label": 1}, {"text": "hello", "label": 0})
        _, dataset = read(path, wish("harassment"))
        assert [(text.line, text.text, text.labels) for text in dataset.texts] == [
            (1, "you loser", {"harassment": Label(True)}),
            (2, "hello", {"harassment": Label(False)}),
        ]

    def test_several_policies_have_a_column_each(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", {"text": "a", "spam": 1, "hate": None}, {"text": "b", "hate": 0})
        _, dataset = read(path, wish("spam", "hate"))
        assert [text.labels for text in dataset.texts] == [{"spam": Label(True)}, {"hate": Label(False)}]

    def test_columns_can_be_named(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", {"body": "a", "kind": "insult", "site": "x"})
        named = {"spam": LabelColumn("kind", frozenset({"insult"}))}
        _, dataset = read(path, wish("spam", text_column="body", group_column="site", labels=named))
        assert [(text.labels, text.group) for text in dataset.texts] == [({"spam": Label(True)}, "x")]

    @pytest.mark.parametrize(
        ("asked", "told", "hint"),
        [
            (wish("spam"), "no column `text`", "--text-column"),
            (wish("spam", text_column="bdoy"), "no column `bdoy`", "did you mean body"),
            (wish("spam", text_column="body"), "no column `label` for the label for spam", "--label spam=NAME"),
            (
                wish("spam", text_column="body", labels={"spam": LabelColumn("kind")}, group_column="g"),
                "`g`",
                "--group",
            ),
            (wish("spam", labels={"hate": LabelColumn("kind")}), "hate, which is not evaluated", "--policy hate"),
            (wish(), "no data set that we have policies for", "--policy FILE"),
            (wish("spam", set_id="what"), "no format 'what'", "moderation-2022"),
            (wish("spam", set_id="toxicchat"), "is not ToxicChat", "generic"),
        ],
    )
    def test_what_is_missing_is_said_with_what_to_write(
        self, tmp_path: Path, asked: Wish, told: str, hint: str
    ) -> None:
        path = lines(tmp_path / "a.jsonl", {"body": "a", "kind": 1})
        with pytest.raises(EvaluationError, match=told) as caught:
            plan_for(path, asked)
        assert hint in caught.value.hint


class TestRows:
    def test_rows_that_cannot_be_used_are_counted_and_listed(self, tmp_path: Path) -> None:
        rows = [{"text": "a", "label": "maybe"}, {"text": 7, "label": 1}, {"text": " ", "label": 1}, {"label": 1}]
        path = lines(tmp_path / "a.jsonl", {"text": "ok", "label": 1}, *rows, {"text": "unknown"})
        _, dataset = read(path, wish("spam"))
        assert (len(dataset.texts), dataset.bad_count, dataset.unlabelled) == (1, 4, 1)
        assert [str(row) for row in dataset.bad_rows] == [
            "line 2: the label in `label` says neither violating nor allowed",
            *(f"line {number}: `text` holds no text" for number in (3, 4, 5)),
        ]

    def test_labels_that_are_all_of_neither_kind_are_an_error_with_the_first_line(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", {"text": "a", "label": "Insult"}, {"text": "b", "label": "Praise"})
        with pytest.raises(EvaluationError, match=r"no text has a label for spam in `label`.*line 1") as caught:
            read(path, wish("spam"))
        assert "--label spam=label:value,value" in caught.value.hint

    def test_a_file_with_a_header_only_is_an_error(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("text,label\n")
        with pytest.raises(EvaluationError, match="a header and no rows"):
            read(path, wish("spam"))

    def test_names_out_of_a_file_cannot_command_a_terminal(self, tmp_path: Path) -> None:
        row = {"text": "a", "label": 1, "site": "\x1b[2Jgone\n\u202e", "\x1b[31mred": 1}
        path = lines(tmp_path / "a.jsonl", row)
        _, dataset = read(path, wish("spam", group_column="site"))
        assert dataset.texts[0].group == "⟨U+001B⟩[2Jgone ⟨U+202E⟩"
        with pytest.raises(EvaluationError) as caught:
            plan_for(path, wish("spam", text_column="none"))
        assert "\x1b" not in caught.value.hint

    def test_no_words_of_a_row_stand_in_what_is_said_of_it(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", {"text": "fine", "label": 1}, {"text": "secret", "label": "hidden"})
        _, dataset = read(path, wish("spam"))
        assert not any(word in str(row) for row in dataset.bad_rows for word in ("secret", "hidden"))


class TestSamples:
    def test_a_sample_is_drawn_the_same_way_each_time_and_a_larger_one_adds_to_it(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", *({"text": f"text {n}", "label": n % 2} for n in range(50)))
        small, again, large, other = (
            {text.line for text in read(path, wish("spam"), limit=limit, seed=seed)[1].texts}
            for limit, seed in ((10, 0), (10, 0), (20, 0), (10, 1))
        )
        assert len(small) == 10
        assert small == again < large
        assert other != small
        assert small != set(range(1, 11))

    def test_a_sample_says_of_how_many(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", *({"text": f"text {n}", "label": 1} for n in range(5)))
        assert read(path, wish("spam"), limit=2)[1].usable == 5


class TestKnownSets:
    def test_the_moderation_set_is_known_by_its_columns_and_a_missing_flag_is_unknown(
        self, tmp_path: Path
    ) -> None:
        rows = [{"prompt": "a", "S": 1, "H": 0, "HR": 0, "V": 0, "SH": 0, "S3": 0, "H2": 0, "V2": 0}]
        path = lines(tmp_path / "samples-1680.jsonl", *rows, {"prompt": "b", "S3": 1})
        plan, dataset = read(path, Wish())
        assert plan.known is not None
        assert plan.known.id == "moderation-2022"
        assert len(plan.policies) == 8
        assert dataset.texts[0].labels["moderation-sexual"] == Label(True)
        assert dataset.texts[1].labels == {"moderation-sexual-minors": Label(True)}

    def test_toxicchat_is_known_and_grouped_by_who_labelled(self, tmp_path: Path) -> None:
        path = tmp_path / "toxic.csv"
        head = "conv_id,user_input,model_output,human_annotation,toxicity,jailbreaking,openai_moderation\n"
        path.write_text(head + '1,"hi, you","x",True,1,0,"[[]]"\n2,hello,x,False,0,1,"[]"\n')
        plan, dataset = read(path, Wish())
        assert list(plan.policies) == ["toxicchat-toxicity", "toxicchat-jailbreaking"]
        assert [(text.text, text.group) for text in dataset.texts] == [("hi, you", "True"), ("hello", "False")]
        assert dataset.texts[1].labels == {
            "toxicchat-toxicity": Label(False),
            "toxicchat-jailbreaking": Label(True),
        }

    def test_a_known_set_can_be_read_with_one_s_own_policy(self, tmp_path: Path) -> None:
        path = lines(tmp_path / "a.jsonl", {"prompt": "a", "S": 1})
        plan, dataset = read(path, wish("mine", labels={"mine": LabelColumn("S")}))
        assert dataset.texts[0].labels == {"mine": Label(True)}
        assert plan.known is not None
        assert plan.known.beside(plan.policies) == ()
        generic = wish("mine", text_column="prompt", set_id="generic", labels={"mine": LabelColumn("S")})
        assert read(path, generic)[0].known is None

    def test_every_label_of_a_known_set_has_a_policy_of_ours_and_every_such_policy_a_set(self) -> None:
        named = {policy_id for known in KNOWN_SETS for policy_id in known.labels}
        assert named == set(shipped_policies())

    def test_our_policies_show_a_few_examples_and_look_at_no_earlier_message(self) -> None:
        for policy in shipped_policies().values():
            assert 3 <= len(policy.shown_examples) <= 6
            assert policy.judge.context == 0
