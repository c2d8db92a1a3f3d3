"""Why a text is flagged, in plain words. Pure: an `Explanation` goes in, lines for people come out.

Nothing is escaped here: each surface (terminal, Discord, JSON) does that for itself, and knows by `Said` which
words are not the house's own.
"""
