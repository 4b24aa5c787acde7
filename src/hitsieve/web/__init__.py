"""The web door: pages and JSON over a folder of screens, read-only."""
