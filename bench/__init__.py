"""Repeatable measurements: the pages and the support against a bare program on the same database, in the same run."""
