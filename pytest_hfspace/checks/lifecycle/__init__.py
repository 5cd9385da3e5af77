"""8xx: storage, network, life cycle."""
