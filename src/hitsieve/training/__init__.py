"""Fitting networks: data, losses, the loop, and ensembles whose members run side by side."""
