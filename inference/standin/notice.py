"""How the stand-in is recognised, and what is said wherever it was at work."""

from policies.phrases import phrase

STANDIN_NAME = "safeguild-standin"
"""`general.name` of the stand-in's GGUF file."""
STANDIN_NOTE = phrase("stand-in: term matching only")
STANDIN_NOTICE = str(STANDIN_NOTE)
