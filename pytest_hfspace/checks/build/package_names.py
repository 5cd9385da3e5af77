"""Names that pip cannot install on the Hub's Linux, as of the contract's date."""

from __future__ import annotations

from typing import Final

#: Distributions that have files for another system only.  [field; each tried with pip 26 on Linux]
OTHER_SYSTEM: Final = {
    "pypiwin32": "Windows",
    "pyobjc": "macOS",
    "pyobjc-core": "macOS",
    "pywin32": "Windows",
    "pywinpty": "Windows",
    "tensorflow-intel": "Windows",
    "windows-curses": "Windows",
    "wmi": "Windows",
}
#: Of these an old version without files in it installs, unless another is asked for.
ONLY_PINNED: Final = frozenset({"tensorflow-intel"})

#: What all distributions whose names begin so are for.
OTHER_SYSTEM_FAMILIES: Final = {"pyobjc-framework-": "macOS"}

#: Modules of Python itself for which the index has no distribution, and takes none.
STANDARD: Final = frozenset(
    {
        "abc", "base64", "collections", "contextlib", "copy", "csv", "glob", "hashlib", "inspect", "io",
        "itertools", "json", "math", "os", "pickle", "platform", "queue", "random", "re", "shutil", "signal",
        "smtplib", "socket", "sqlite3", "string", "struct", "subprocess", "sys", "tempfile", "threading",
        "time", "tkinter", "traceback", "unittest", "urllib", "warnings", "zipfile",
    }
)  # fmt: skip

#: Modules of Python itself under whose names the index has code for Python 2, which does not build.
PYTHON_2: Final = frozenset({"email", "http", "multiprocessing", "ssl"})

#: Modules that are imported under one name and installed under another, which the index has alone.
IMPORT_NAMES: Final = {
    "cv2": "opencv-python-headless",
    "pil": "pillow",
    "yaml": "pyyaml",
}

#: What Debian's pip lists for a package that is none.  [field]
PHANTOMS: Final = frozenset({"pkg-resources"})
