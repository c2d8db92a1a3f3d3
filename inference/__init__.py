"""A text and a policy go in; a suspicion or a verdict comes out. No Discord, no database."""
