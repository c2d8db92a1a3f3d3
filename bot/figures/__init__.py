"""How moderation goes, in figures: what `/stats` and the weekly digest tell. Knows no Discord."""
