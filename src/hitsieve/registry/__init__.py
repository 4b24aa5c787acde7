"""Model bundles: written once, verified at every read, numbered, aliased and blocked by name."""
