"""From measurement files to labels a model can learn from.

A dataset card says what a file means (:mod:`~hitsieve.assays.cards`); reading
(:mod:`~hitsieve.assays.read`) and curation (:mod:`~hitsieve.assays.curate`) turn it into a LABELS
table and a report with exact counts; :mod:`~hitsieve.assays.matrix` pivots labels for training;
:mod:`~hitsieve.assays.splits` cuts them into disjoint parts and :mod:`~hitsieve.assays.audit`
counts what leaks across.
"""
