import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from rich.console import Console

from bot.errors import EnvironmentProblem, ExitCode, InputError, OperatorError
from bot.scan import walk
from bot.scan.command import run_scan
from bot.scan.errors import ScanError
from bot.worker import WorkerSettings
from inference.ticket import Priority, Ticket
from policies.policy import Mode, Severity
from tests.bot.adapters import NOTE, TermJudge, make_policy
from tests.bot.scan.samples import (
    author,
    cases_of,
    chat,
    exported,
    options_for,
    scan,
    write_export,
    write_policies,
)


async def test_an_export_goes_in_and_cards_a_report_and_cases_come_out(tmp_path: Path) -> None:
    chats = [
        *chat(30),
        exported(40, "beep", author=author(3, bot=True)),
        exported(41, "joined", type="GuildMemberJoin"),
    ]
    file = write_export(tmp_path / "chat.json", chats)
    console = Console(record=True, width=100)
    judge = TermJudge()
    summary = await run_scan(options_for(tmp_path, file, judge=judge), console, Console(quiet=True))
    assert set(judge.tickets) == {Ticket(Priority.BACKFILL, tenant=700)}
    assert (summary.tally.messages, summary.tally.bots, summary.tally.notices) == (30, 1, 1)
    assert (summary.flagged, summary.open, summary.cleared) == (10, 5, 5)
    assert len(cases_of(tmp_path / "out")) == 10
    assert summary.notes == (NOTE,)
    printed = console.export_text()
    assert "you loser" in printed
    assert "R1 Insults aimed at a member." in printed
    assert "30 messages: 10 flagged, 5 to look at, 5 cleared" in printed
    assert "ms per verdict" in printed
    assert NOTE in (tmp_path / "out" / "report.html").read_text()


async def test_context_comes_from_the_same_channel_in_the_files_order(tmp_path: Path) -> None:
    messages = [exported(1, "first"), exported(2, "second"), exported(3, "you loser")]
    file = write_export(tmp_path / "a.json", messages, channel=500)
    other = write_export(tmp_path / "b.json", [exported(11, "elsewhere"), exported(12, "you trash")], channel=501)
    await scan(options_for(tmp_path, file, other))
    contexts = [[line["text"] for line in case["earlier"]] for case in cases_of(tmp_path / "out")]
    assert contexts == [["first", "second"], ["elsewhere"]]


async def test_an_export_with_the_newest_first_has_no_false_context(tmp_path: Path) -> None:
    messages = [exported(3, "later"), exported(2, "you loser"), exported(1, "first")]
    await scan(options_for(tmp_path, write_export(tmp_path / "chat.json", messages)))
    (case,) = cases_of(tmp_path / "out")
    assert case["earlier"] == []


async def test_json_lines_walk_the_same_way(tmp_path: Path) -> None:
    file = tmp_path / "chat.jsonl"
    file.write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in ("hello", "you loser", "losers' bracket"))
    )
    summary = await scan(options_for(tmp_path, file))
    assert (summary.tally.messages, summary.flagged, summary.open) == (3, 2, 1)


async def test_a_message_flagged_by_two_policies_is_one_case(tmp_path: Path) -> None:
    write_policies(tmp_path / "policies", make_policy("harassment"), make_policy("insults", ["loser"]))
    file = write_export(tmp_path / "chat.json", [exported(1, "you loser")])
    summary = await scan(options_for(tmp_path, file))
    (case,) = cases_of(tmp_path / "out")
    assert [finding["policy"] for finding in case["findings"]] == ["harassment", "insults"]
    assert len(summary.cards) == 1


async def test_a_message_that_is_twice_in_the_files_is_one_case_and_an_edit_a_revision(tmp_path: Path) -> None:
    first = write_export(tmp_path / "a.json", [exported(1, "you loser"), exported(2, "you trash")])
    second = write_export(tmp_path / "b.json", [exported(1, "you loser"), exported(2, "you total trash")])
    await scan(options_for(tmp_path, first, second))
    one, two = cases_of(tmp_path / "out")
    assert [finding["revision"] for finding in one["findings"]] == [1]
    assert [finding["revision"] for finding in two["findings"]] == [1, 2]


async def test_shadow_policies_are_counted_and_off_ones_are_not_asked(tmp_path: Path) -> None:
    write_policies(
        tmp_path / "policies",
        make_policy("quiet", mode=Mode.SHADOW),
        make_policy("gone", ["hello"], mode=Mode.OFF),
    )
    summary = await scan(options_for(tmp_path, write_export(tmp_path / "chat.json", chat(6))))
    assert (summary.flagged, summary.open, summary.shadow, summary.cleared) == (2, 0, 1, 1)
    assert summary.cards == ()


async def test_the_gravest_cards_come_first(tmp_path: Path) -> None:
    write_policies(
        tmp_path / "policies",
        make_policy("mild", ["trash"]),
        make_policy("grave", ["loser"], severity=Severity.CRITICAL),
    )
    file = write_export(tmp_path / "chat.json", [exported(1, "you trash"), exported(2, "you loser")])
    summary = await scan(options_for(tmp_path, file))
    assert [card.severity for card in summary.cards] == [Severity.CRITICAL, Severity.MEDIUM]


async def test_a_cut_off_export_is_scanned_up_to_the_cut_and_the_report_says_so(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(60))
    raw = file.read_bytes()
    file.write_bytes(raw[: len(raw) // 2])
    summary = await scan(options_for(tmp_path, file))
    assert 20 < summary.tally.messages < 40
    assert summary.tally.problem_count == 1
    assert "cut off" in summary.report.read_text()


async def test_doing_a_finished_scan_again_asks_the_judge_nothing(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(30))
    first = await scan(options_for(tmp_path, file))
    cases = cases_of(tmp_path / "out")
    judge = TermJudge()
    second = await scan(options_for(tmp_path, file, judge=judge))
    assert judge.asked == []
    assert cases_of(tmp_path / "out") == cases
    assert (second.tally, second.open) == (first.tally, first.open)


async def test_changed_policies_are_told_and_fresh_starts_over(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(30))
    await scan(options_for(tmp_path, file))
    write_policies(tmp_path / "policies", make_policy(terms=["trash"], keywords=["loser"]))
    with pytest.raises(ScanError, match=r"policies changed \(harassment\)") as caught:
        await scan(options_for(tmp_path, file))
    assert "--fresh" in caught.value.hint
    summary = await scan(options_for(tmp_path, file, fresh=True))
    assert (summary.flagged, summary.open) == (10, 0)


async def test_a_changed_file_is_told(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(30))
    await scan(options_for(tmp_path, file))
    write_export(file, chat(31))
    with pytest.raises(ScanError, match="files that are scanned changed"):
        await scan(options_for(tmp_path, file))


async def test_a_second_scan_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(3))
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / "lock"), pytest.raises(ScanError, match="another scan is at work"):
        await scan(options_for(tmp_path, file))


async def test_a_file_given_twice_is_refused(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(3))
    with pytest.raises(ScanError, match="given twice"):
        await scan(options_for(tmp_path, file, file))


async def test_policy_errors_are_told_before_anything_is_done(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(3))
    options = options_for(tmp_path, file)
    (tmp_path / "policies" / "broken.yaml").write_text("title: [\n")
    with pytest.raises(InputError, match=r"broken\.yaml"):
        await scan(options)
    assert not (tmp_path / "out").exists()


async def test_a_folder_without_policies_is_told(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(3))
    options = options_for(tmp_path, file, policies=tmp_path / "none")
    with pytest.raises(InputError, match="no such folder"):
        await scan(options)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no policy is on"):
        await scan(options)


async def test_a_judge_that_is_away_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outage.BackOff.after", _at_once)
    judge = TermJudge()
    judge.away = 7
    summary = await scan(options_for(tmp_path, write_export(tmp_path / "chat.json", chat(30)), judge=judge))
    assert (summary.flagged, summary.open, summary.cleared) == (10, 5, 5)


def _at_once(_: object, outage: object, reason: str, now: object) -> object:
    from bot.outage import Outage

    tries = getattr(outage, "tries", 0) + 1
    return Outage(reason, now, tries, timedelta(milliseconds=1))  # type: ignore[arg-type]


async def test_a_judge_that_stays_away_ends_the_scan_with_a_hint_and_the_next_run_goes_on(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(30))
    judge = TermJudge()
    judge.away = 10_000
    with pytest.raises(EnvironmentProblem, match="away") as caught:
        await scan(options_for(tmp_path, file, judge=judge, patience=timedelta(0)))
    assert "run the same command again" in caught.value.hint
    summary = await scan(options_for(tmp_path, file))
    assert (summary.flagged, summary.open, summary.cleared) == (10, 5, 5)


async def test_an_answer_that_is_never_readable_is_a_card_that_says_undecided(tmp_path: Path) -> None:
    judge = TermJudge()
    judge.unreadable = {"losers' bracket": {0, 1}}
    summary = await scan(options_for(tmp_path, write_export(tmp_path / "chat.json", chat(6)), judge=judge))
    assert (summary.open, summary.cleared) == (2, 0)
    assert "Harassment: undecided" in [card.title for card in summary.cards]


async def test_the_reader_pauses_when_too_many_jobs_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_WAITING", 10)
    monkeypatch.setattr("bot.scan.reader.SLICE", 6)
    judge = TermJudge()
    judge.gate = asyncio.Event()
    file = write_export(tmp_path / "chat.json", chat(300))
    running = asyncio.create_task(scan(options_for(tmp_path, file, judge=judge)))
    await asyncio.sleep(0.5)
    from bot.store import open_store

    async with open_store(tmp_path / "out" / "scan.sqlite3") as store:
        assert 10 <= sum((await store.job_counts()).values()) <= 14
    judge.gate.set()
    summary = await asyncio.wait_for(running, 20)
    assert summary.flagged == 100


async def test_no_file_at_all_in_order_is_an_error_of_the_person_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        await scan(options_for(tmp_path, tmp_path / "none.json"))
    assert caught.value.exit_code is ExitCode.PROBLEMS


def test_the_default_settings_of_a_worker_are_those_of_the_bot() -> None:
    assert WorkerSettings().lease / 3 > WorkerSettings().poll
