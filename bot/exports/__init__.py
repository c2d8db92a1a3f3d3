"""Cases as files for people and for other programs: JSON Lines and CSV."""
