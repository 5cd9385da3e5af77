"""Entry of the app's process: loads its siblings by path, so that nothing is left on sys.path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

NAME = "hfspace_child"


def load_siblings() -> None:
    """Make this folder importable as a package without a trace on ``sys.path``."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    spec = importlib.util.spec_from_file_location(
        NAME, here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:  # only where this file itself has vanished
        sys.exit(f"{here} cannot be loaded")
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_siblings()
    from hfspace_child.supervisor import main  # type: ignore[import-not-found]  # loaded above

    main(sys.argv[1])
