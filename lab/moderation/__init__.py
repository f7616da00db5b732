"""Hiding, restoring and releasing contributions, with a reason that the author sees.

Promises: what is hidden is gone from lists, search, counts and feeds in the same transaction; restoring puts
back the state before; each act names who and why.
"""
