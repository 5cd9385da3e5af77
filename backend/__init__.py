"""The readiness board: collects the reports of ``pytest --hfspace`` and shows which Spaces are ready."""
