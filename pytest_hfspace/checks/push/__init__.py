"""2xx: what git pushes, and what arrives of it."""
