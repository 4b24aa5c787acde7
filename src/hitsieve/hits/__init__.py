"""From the best scores to a hit list with everything a chemist asks."""
