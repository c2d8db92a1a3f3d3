"""`safeguild run`: the parts put together and kept alive."""
