"""From an event to a suspicion that is safe: windows, lanes, catching up."""
