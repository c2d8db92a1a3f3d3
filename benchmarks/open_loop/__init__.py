"""Open-loop load on the real engine."""
