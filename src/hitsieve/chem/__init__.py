"""Molecules: reading, standardizing, naming, featurizing and judging them. The home of RDKit.

Other packages hand SMILES in and take plain values out; a molecule object is opaque to them.
"""
