"""1xx: the card, which configures the Space."""
