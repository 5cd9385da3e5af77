"""The steps by which the schema of the database came to be what ``backend.models`` says."""
