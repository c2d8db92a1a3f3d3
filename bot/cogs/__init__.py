"""The only rooms that know discord.py. Everything is converted at the door."""
