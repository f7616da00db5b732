"""Ballots and casts: one engine for supports and for imported agree/disagree/pass conversations.

Promises: twice is once; withdrawing restores exactly; a cast remembers the version it was given to; the window
is judged by the database's clock inside the cast's transaction; who cast what is shown to that person only.
"""
