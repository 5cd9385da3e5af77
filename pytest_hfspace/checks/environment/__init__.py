"""7xx: the environment, which alone configures the app."""
