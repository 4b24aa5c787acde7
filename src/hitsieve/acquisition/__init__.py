"""What to measure next: pure functions from predictions to acquisition values and picks.

:mod:`~hitsieve.acquisition.functions` says what each compound is worth,
:mod:`~hitsieve.acquisition.picks` takes the best of them, and
:mod:`~hitsieve.acquisition.acquire` does both as a setting asks.
"""
