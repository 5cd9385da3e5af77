"""The entry point of the Space: ``uvicorn main:app``."""

from __future__ import annotations

from backend.app import create_app
from backend.settings import SettingsError, read_settings

try:
    app = create_app(read_settings())
except SettingsError as error:
    # A traceback would bury the one line that says what to set.
    raise SystemExit(str(error)) from None
