"""From an open case to a decision that is carried out: cards, access, decisions."""
