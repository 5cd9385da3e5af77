"""4xx: the start."""
