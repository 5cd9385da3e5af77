"""Starts the server from a program."""

import os

import uvicorn

from pages import app


def main() -> None:
    config = uvicorn.Config(app, host="0.0.0.0", port=int(os.getenv("PORT", "7860")))
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
