"""Conversations of other platforms, brought in whole and undone whole.

Promises: streaming, in batches, idempotent by source keys; a row that cannot be used is reported with file,
line and reason and skipped whole; imported people are pseudonyms and imported votes stay the source's own ballot.
"""
