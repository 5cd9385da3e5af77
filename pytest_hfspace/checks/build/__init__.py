"""3xx: what the build installs and makes."""
