"""6xx: browsers, behind the Hub's proxy and inside the Space page."""
