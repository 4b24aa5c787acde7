"""Contract kits that every implementation of a seam passes, and small fakes."""
