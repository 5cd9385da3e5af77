"""Rehearse the deployment of a Python web app to a Hugging Face Space, with pytest."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
