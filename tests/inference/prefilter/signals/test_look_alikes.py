# ruff: noqa: RUF001 - letters that look alike are what is tested
import dataclasses

import pytest

from inference.prefilter.signals.look_alikes import LookAlikes
from inference.prefilter.signals.well_known import WellKnown

NAMES = LookAlikes.shipped()


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        # letters that look alike
        ("dlscord.com", "discord.com"),
        ("d1sc0rd.gg", "discord.com"),
        ("discörd.com", "discord.com"),
        ("disçordapp.com", "discordapp.com"),
        ("stearncommunity.com", "steamcommunity.com"),
        ("rоblох.com", "roblox.com"),
        ("аррӏе.com", "apple.com"),
        ("paypaI.com".lower(), "paypal.com"),
        # slips of the finger
        ("dicsord.com", "discord.com"),
        ("discordd.net", "discord.com"),
        ("steamcomunnlty.ru", "steamcommunity.com"),
        ("sleamcommuniity.com", "steamcommunity.com"),
        ("metamaks.io", "metamask.io"),
        ("robiox.com", "roblox.com"),
        ("dlscocrd.gift", "discord.com"),
        # the name at another suffix, or in two
        ("discord.click", "discord.com"),
        ("disc-ord.com", "discord.com"),
        ("roblox.com.et", "roblox.com"),
        # the real domain before the end
        ("steamcommunity.com.evil.ru", "steamcommunity.com"),
        ("discord.com-login.ru", "discord.com"),
        ("discord-gg.com", "discord.gg"),
        # beside a bait
        ("discord-nitro-free.com", "discord.com"),
        ("getdiscordgift.xyz", "discord.com"),
        ("twitch-drops.site", "twitch.tv"),
        ("free-nitro.ru", "discord.com"),
        ("steam-gift.evil.ru", "steampowered.com"),
        ("discord-verify.github.io", "discord.com"),
        ("stam-trade.com", "steampowered.com"),
        ("hypesquad-team.com", "discord.com"),
        ("steam-cases.ru", "steampowered.com"),
        ("www.login-metamask.io", "metamask.io"),
    ],
)
def test_a_look_alike_is_told_with_what_it_looks_like(host: str, domain: str) -> None:
    assert NAMES.find(host) == f"looks like {domain}"


@pytest.mark.parametrize(
    "host",
    [
        *("discord.com", "cdn.discordapp.com", "discord.gg", "store.steampowered.com", "steamcommunity.com"),
        *("www.google.com.au", "google.de", "amazon.co.uk", "docs.google.com", "m.youtube.com", "youtu.be"),
        *(
            "en.wikipedia.org",
            "stackoverflow.com",
            "pastebin.com",
            "imgur.com",
            "example.com",
            "finance.yahoo.com",
        ),
        *("streamable.com", "steamdb.info", "nitrotype.com", "gonitro.com", "disco.com", "record.com"),
        *("switch.com", "apple.stackexchange.com", "facebook.github.io", "shopify.com", "giggle.com", "team.com"),
        *("www.drobo.com", "fantom.org", "noswap.com", "wiki.opennet.ru", "gitlab.freedesktop.org"),
        *("ubuntu.com", "apply.example.edu", "discourse.org", "minecraft-server-list.com", "freegifts.com"),
    ],
)
def test_real_domains_and_honest_ones_are_left_alone(host: str) -> None:
    assert NAMES.find(host) is None


@pytest.mark.parametrize("domain", sorted(WellKnown.shipped().owners))
def test_no_domain_of_the_list_and_none_below_it_is_a_look_alike(domain: str) -> None:
    assert NAMES.find(domain) is None
    assert NAMES.find(f"login.free-gift.{domain}") is None


@pytest.mark.parametrize("label", sorted(WellKnown.shipped().honest))
def test_every_honest_word_is_left_alone_and_would_not_be_without_the_list(label: str) -> None:
    known = WellKnown.shipped()
    strict = LookAlikes(dataclasses.replace(known, honest=known.honest - {label}))
    hosts = [f"{label}.com", f"{label}gift.com", f"{label}-free.com"]
    assert NAMES.find(hosts[0]) is None
    assert any(map(strict.find, hosts))


def test_a_file_is_no_link_and_a_link_is_one() -> None:
    assert NAMES.find("discord.py", is_link=False) is None
    assert NAMES.find("discord.py") == "looks like discord.com"


def test_mixed_alphabets_and_many_baits_are_told_without_a_name() -> None:
    assert NAMES.find("sреrbаnkо.com") == "mixes alphabets"
    assert NAMES.find("яндекс.рф") is None
    assert NAMES.find("free-gift-claim-now.xyz") == "is made of the words of a bait"


def test_the_lists_hold_names_with_domains_and_nothing_twice() -> None:
    known = WellKnown.shipped()
    assert len({name.text for name in known.names}) == len(known.names)
    assert not known.honest & {name.text for name in known.names}
    assert all(domain == domain.lower() and "." in domain for domain in known.owners)
