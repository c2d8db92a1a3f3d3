"""What the doctor says of token, intent, guilds and review channels; and the invite link."""

import json
import re
from dataclasses import replace
from pathlib import Path

import discord
import pytest

from bot.discord_token import VARIABLE
from bot.doctor.check import Outcome
from bot.doctor.service import examine_standing, examine_token
from bot.errors import ExitCode
from bot.standing import (
    ALL_NEEDED,
    FOR_CARDS,
    NOTHING,
    GuildStanding,
    Needed,
    ProbeFailure,
    ReviewChannel,
    Standing,
    invite_link,
    words_of,
)

REPOSITORY = Path(__file__).parents[3]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789AB"
NOWHERE = "http://127.0.0.1:9/api/v10"
"""Nobody listens there."""
GUILD = GuildStanding(
    id=7,
    name="Bramble",
    missing=NOTHING,
    administrator=False,
    hidden_channels=0,
    review=ReviewChannel(70, exists=True),
)
SOUND = Standing(application_id=5, name="Safeguild", message_content=True, guilds=(GUILD,))


def said(standing, name):
    return [check for check in examine_standing(standing) if check.name == name]


def in_guild(**changes):
    return said(replace(SOUND, guilds=(replace(GUILD, **changes),)), "guild 7")


def test_a_bot_that_stands_well_gets_no_advice():
    assert {(check.outcome, check.advice) for check in examine_standing(SOUND)} == {(Outcome.OK, "")}


def test_a_missing_intent_fails_and_says_where_to_switch_it_on():
    (check,) = said(replace(SOUND, message_content=False), "intent")
    assert check.outcome is Outcome.FAIL
    assert "Message Content Intent" in check.advice


def test_missing_permissions_fail_with_their_names_and_a_link_that_gives_them():
    permissions, *_ = in_guild(missing=Needed.MANAGE_MESSAGES | Needed.MODERATE_MEMBERS)
    assert permissions.outcome is Outcome.FAIL
    assert "the bot lacks Manage Messages and Timeout Members" in permissions.message
    assert invite_link(5) in permissions.advice


def test_an_administrator_is_warned_of():
    permissions, *_ = in_guild(administrator=True)
    assert permissions.outcome is Outcome.WARN
    assert "take Administrator from its roles" in permissions.advice


def test_hidden_channels_are_told_and_not_complained_of():
    _, hidden, _ = in_guild(hidden_channels=2)
    assert (hidden.outcome, "2 channels are hidden" in hidden.message) == (Outcome.OK, True)


@pytest.mark.parametrize(
    ("review", "outcome", "message"),
    [
        (None, Outcome.WARN, "no review channel is set"),
        (ReviewChannel(70, exists=False), Outcome.FAIL, "does not exist"),
        (ReviewChannel(70, exists=True, public=True), Outcome.FAIL, "can be read by everyone"),
        (ReviewChannel(70, exists=True, missing=Needed.EMBED_LINKS), Outcome.FAIL, "the bot lacks Embed Links"),
    ],
)
def test_every_way_a_review_channel_can_be_wrong_is_told(review, outcome, message):
    *_, check = in_guild(review=review)
    assert (check.outcome, message in check.message) == (outcome, True)
    assert check.advice


def test_a_guild_that_discord_tells_nothing_of_is_not_judged():
    (check,) = in_guild(problem="The bot is not in this server any more.", missing=ALL_NEEDED)
    assert check.outcome is Outcome.WARN


def test_guilds_that_are_missing_from_the_list_or_too_many_are_told():
    (nowhere,) = said(replace(SOUND, guilds=()), "guilds")
    assert invite_link(5) in nowhere.advice
    absent, more = said(replace(SOUND, absent=(8, 9), unseen=3), "guilds")
    assert "8, 9" in absent.message
    assert "3 more" in more.message


def test_what_is_hidden_in_a_guilds_name_is_written_out():
    permissions, *_ = in_guild(name="evil\x1b[2J\u202e")
    assert "\x1b" not in permissions.message
    assert "\u202e" not in permissions.message


@pytest.mark.parametrize(("refused", "outcome"), [(True, Outcome.FAIL), (False, Outcome.WARN)])
def test_a_refused_token_fails_and_a_network_that_is_away_only_warns(refused, outcome):
    (check,) = examine_standing(ProbeFailure("no", "do this", refused))
    assert (check.name, check.outcome, check.advice) == ("Discord", outcome, "do this")


def test_without_a_token_it_is_said_how_to_get_one():
    check = examine_token(None)
    assert check.outcome is Outcome.WARN
    assert VARIABLE in check.advice


def test_the_command_works_offline_and_shows_no_token(safeguild):
    done = safeguild("doctor", "--json", **{VARIABLE: TOKEN}, SAFEGUILD_DISCORD__API=NOWHERE)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["token"]["outcome"] == "ok"
    assert checks["Discord"]["outcome"] == "warn"
    assert "cannot be reached" in checks["Discord"]["message"]
    assert TOKEN not in done.stdout + done.stderr
    assert done.stderr == ""


def test_the_command_names_a_token_that_is_none_without_asking_discord(safeguild):
    done = safeguild("doctor", **{VARIABLE: "half.a-token"})
    assert done.returncode == ExitCode.PROBLEMS
    assert re.search(
        r"^FAIL  token +SAFEGUILD_DISCORD__TOKEN: this is no bot token \(it has 2 parts\)$",
        done.stdout,
        re.MULTILINE,
    )


def test_a_token_file_that_others_can_read_is_warned_of_with_the_command_that_mends_it(safeguild, place):
    path = place.work / "token"
    path.write_text(TOKEN)
    path.chmod(0o644)
    done = safeguild("doctor", SAFEGUILD_DISCORD__TOKEN_FILE="token", SAFEGUILD_DISCORD__API=NOWHERE)
    assert "can be read by other users (mode 644)" in done.stdout
    assert "-> chmod 600 token" in done.stdout


def test_the_needed_permissions_are_discords_own():
    names = {name for name, held in discord.Permissions(int(ALL_NEEDED)) if held}
    assert names == {
        "read_messages",
        "send_messages",
        "manage_messages",
        "embed_links",
        "read_message_history",
        "moderate_members",
    }
    assert FOR_CARDS in ALL_NEEDED
    assert words_of(FOR_CARDS) == "View Channels, Send Messages, Embed Links and Read Message History"


def test_the_guide_names_every_permission_with_its_value_and_their_sum():
    guide = (REPOSITORY / "docs/run.md").read_text("utf-8")
    for permission in Needed:
        assert f"| {permission.words} | {int(permission)} |" in guide
    assert f"**{int(ALL_NEEDED)}**" in guide
    assert invite_link(0).replace("=0&", "=APPLICATION_ID&", 1) in guide


def test_the_invite_command_needs_no_network_for_an_application_that_is_named(inside):
    ended = inside("invite", "--application", "123")
    assert (ended.code, ended.out) == (ExitCode.OK, invite_link(123) + "\n")


def test_the_invite_command_says_what_is_missing(safeguild):
    assert safeguild("invite").returncode == ExitCode.USAGE
    done = safeguild("invite", **{VARIABLE: TOKEN}, SAFEGUILD_DISCORD__API=NOWHERE)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert "--application ID" in done.stderr
