"""What each guild has set: its review channel, its moderators, its policies."""
