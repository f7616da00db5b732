"""The challenge and its cycle: exploration, mapping, experimentation, adoption.

Promises: the present phase is derived from dates and recorded moves, by the database's clock, in one place
(`phases.py`); what a phase allows is one table with overrides as rows; every move names a person and a reason.
"""
