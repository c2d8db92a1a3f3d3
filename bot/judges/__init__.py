"""Where verdicts come from: a model on this machine, or servers. With `bot.app`, where the parts meet."""
