"""What the bot's standing at Discord means: token, intent, and every guild. Pure functions."""

from bot.discord_token import NO_TOKEN_ADVICE, Token
from bot.doctor.check import Check, fail, ok, warn
from bot.errors import OperatorError
from bot.standing import GuildStanding, ProbeFailure, ReviewChannel, Standing, invite_link, words_of
from bot.visible import visible

_INTENT_ADVICE = (
    "switch it on at https://discord.com/developers/applications: your application, page `Bot`, "
    "`Message Content Intent`, then `Save Changes`"
)


def examine_token(found: Token | OperatorError | None) -> Check:
    """Whether there is a token that looks like one. `None`: none is set, which is fine for `safeguild scan`."""
    if found is None:
        return warn("token", "none is set: `safeguild run` cannot log in", NO_TOKEN_ADVICE)
    if isinstance(found, OperatorError):
        return fail("token", found.message, found.hint)
    if found.warning:
        return warn("token", found.warning, f"chmod 600 {found.source}")
    return ok("token", f"looks like one; from {found.source}")


def examine_standing(found: Standing | ProbeFailure) -> list[Check]:
    """All checks that need Discord's answers."""
    if isinstance(found, ProbeFailure):
        return [(fail if found.refused else warn)("Discord", found.message, found.advice)]
    return [
        ok("Discord", f"logged in as {visible(found.name)} (application {found.application_id})"),
        _intent(found),
        *_membership(found),
        *(check for guild in found.guilds for check in _guild(guild, found.application_id)),
    ]


def _intent(found: Standing) -> Check:
    """Without it, Discord closes the connection (code 4014)."""
    if found.message_content:
        return ok("intent", "Message Content is switched on")
    return fail("intent", "Message Content is switched off: Discord refuses the connection", _INTENT_ADVICE)


def _membership(found: Standing) -> list[Check]:
    link = invite_link(found.application_id)
    checks = []
    if not found.guilds:
        checks.append(warn("guilds", "the bot is in no guild that it may work in", f"invite it: {link}"))
    if found.absent:
        ids = ", ".join(map(str, found.absent))
        advice = f"invite it: {link} ; or take them out of the setting"
        checks.append(warn("guilds", f"`discord.guilds` names guilds that the bot is not in: {ids}", advice))
    if found.unseen:
        checks.append(ok("guilds", f"{found.unseen} more were not looked at"))
    return checks


def _guild(guild: GuildStanding, application_id: int) -> list[Check]:
    name = f"guild {guild.id}"
    title = f'"{visible(guild.name)}"'
    if guild.problem:
        return [warn(name, f"Discord tells nothing of it: {guild.problem.rstrip('.')}", "run this again later")]
    return [
        _permissions(name, title, guild, application_id),
        *_reading(name, title, guild),
        _review(name, title, guild.review),
    ]


def _permissions(name: str, title: str, guild: GuildStanding, application_id: int) -> Check:
    if guild.administrator:
        advice = "take Administrator from its roles; the invite link gives all that it needs: "
        return warn(name, f"{title}: the bot is an administrator there", advice + invite_link(application_id))
    if guild.missing:
        advice = "give them to the bot's role (server settings, Roles), or invite it again: "
        message = f"{title}: the bot lacks {words_of(guild.missing)}"
        return fail(name, message, advice + invite_link(application_id))
    return ok(name, f"{title}: the bot has the permissions that it needs")


def _reading(name: str, title: str, guild: GuildStanding) -> list[Check]:
    """Mostly it is meant so: staff channels. So it is told and not complained of."""
    if not guild.hidden_channels:
        return []
    count = guild.hidden_channels
    message = f"{title}: {count} channel{'s are' if count > 1 else ' is'} hidden from the bot, and not moderated"
    return [ok(name, message)]


def _review(name: str, title: str, review: ReviewChannel | None) -> Check:
    if review is None:
        return warn(name, f"{title}: no review channel is set: no card is shown", "use /safeguild setup there")
    place = f"{title}: the review channel {review.channel_id}"
    if not review.exists:
        return fail(name, f"{place} does not exist, or the bot cannot see it", "use /safeguild setup there")
    if review.public:
        advice = "take View Channel from @everyone there, or choose another with /safeguild setup"
        return fail(name, f"{place} can be read by everyone: cards show what members wrote", advice)
    if review.missing:
        message = f"{place}: the bot lacks {words_of(review.missing)}"
        return fail(name, message, "give them to the bot's role in that channel's permissions")
    return ok(name, f"{place} is private, and the bot can write there")
