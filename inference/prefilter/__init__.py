"""Decides which messages are worth the model's time, in microseconds: keywords, patterns, likeness to examples."""
