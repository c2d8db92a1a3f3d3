"""The shipped sample: an invented modding community's chat, and the starter policies that it is scanned with.

`exports/` holds files as DiscordChatExporter writes them; `expected.json` says, by message id, what has to be
found in which message, and why the look-alikes are allowed. Everybody and everything in it is made up.
"""
