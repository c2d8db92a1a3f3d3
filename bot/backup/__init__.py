"""`safeguild backup` and `safeguild restore`: what servers have told the bot, in one file, sealed as it is."""
