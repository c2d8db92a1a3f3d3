"""`safeguild scan`: the bot's own walk over a chat export, from the command line."""
