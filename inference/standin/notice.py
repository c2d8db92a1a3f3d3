"""How the stand-in is recognised, and what is said wherever it was at work."""

STANDIN_NAME = "safeguild-standin"
"""`general.name` of the stand-in's GGUF file."""
STANDIN_NOTICE = "stand-in: term matching only"
