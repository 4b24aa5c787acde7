"""From measurements to a registered model: labels, split, fit, checks, card, bundle."""
