"""What every contribution shares: author, challenge, channel, state, place, version, counters.

Promises: one narrow row per contribution holds every column a list filters or orders by; a write sent twice is
stored once; every published text is kept as a version; what is withdrawn or hidden leaves lists, search and
counts at once, and its address says so.
"""
