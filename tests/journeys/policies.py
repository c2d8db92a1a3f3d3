"""A policy that journeys write by hand, as an operator would: short, so that it is judged quickly."""

BLORP = "you blorp"
"""What it forbids."""


def blorp_policy(mode: str = "live", word: str = "blorp", scope: str = "{}") -> str:
    """The file of a policy that forbids one word. Nothing but the word flags."""
    return f"""\
# Kept by hand.
format: 1
title: Blorps
mode: {mode}
goal: Nobody calls anybody a {word}.
rules:
  - id: B1
    text: Calling somebody a {word}.
    terms: [{word}]
    severity: high
    suggest: [delete, timeout 10m]
prefilter: {{keywords: [{word}], flag_rate: 0.000000001}}
scope: {scope}
"""
