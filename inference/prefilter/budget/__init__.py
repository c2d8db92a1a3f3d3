"""How much may be flagged, and what that costs in recall. Pure: no clock, no chance, no database."""
