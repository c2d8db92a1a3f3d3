"""`make live`: a small Discord on this machine with the real bot in it, to chat and click in from a browser.

Nothing leaves the machine, and no Discord account is needed. The Discord is the tests' loopback server
(tests/discord_server), the bot is `safeguild run` as a process of its own, and the page is served on 127.0.0.1.
"""
