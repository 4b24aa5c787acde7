"""Watching models in use.

Whether compounds drift away from the training set, and whether predictions came true once
measurements arrived.
"""
