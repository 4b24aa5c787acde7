"""Measures of rankings, predictions and their uncertainty, and statistics that merge over shards.

Every function takes plain arrays. Where scores are tied, ranking metrics return the expectation
over all orders of the tied items, so a constant score is worth exactly what chance is worth.
"""
