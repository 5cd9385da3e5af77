"""The directory that stands for the image's file system during a rehearsal."""

from __future__ import annotations

import os
import posixpath
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ..space import Space
from .child.remove import remove_tree
from .facts import Where
from .guard import Guard
from .leftovers import already_there
from .ownership import protect


@dataclass
class Layout:
    """``top`` is removed at the end, with all that the app has written.

    ``root`` stands for the image's "/", ``home`` for the user's home, ``scratch`` holds our own files.
    """

    top: Path
    root: Path
    home: Path
    scratch: Path
    #: absolute image path of each file -> its path in the repository
    files: dict[str, str] = field(default_factory=dict)
    #: removes ``top`` where this process cannot
    guard: Guard | None = None
    #: what the machine's temporary directory held before the app started
    temporary: frozenset[str] = frozenset()

    def inside(self, image_path: str) -> Path:
        """Where an absolute image path lies on this machine."""
        # normalised, so that no ".." leads out of the layout
        return self.root / posixpath.normpath(f"/{image_path}").lstrip("/")

    def locate(self, path: str, line: int) -> Where | None:
        """The repository's name of a file that the app was loaded from."""
        image_path = self.image_path(path)
        source = self.files.get(image_path) if image_path else None
        return Where(source, line) if source else None

    def image_path(self, path: str) -> str | None:
        """The image's name of a path on this machine, "~/..." below the home; None if it lies elsewhere."""
        for place, name in self._names:
            if path == place or path.startswith(f"{place}/"):
                return name + path[len(place) :] or "/"
        return None

    def as_in_image(self, text: str) -> str:
        """A text of the app, with the image's names of the paths in it."""
        for place, name in self._names:
            text = text.replace(place, name)
        return text

    @property
    def _names(self) -> tuple[tuple[str, str], ...]:
        return (str(self.root), ""), (str(self.home), "~"), (str(self.scratch), "/tmp")  # noqa: S108 - a name

    def remove(self) -> None:
        """Delete everything; what cannot be deleted is not worth an exception."""
        remove_tree(str(self.top))
        if self.guard is not None:
            self.guard.release()


def make_layout(space: Space, workdir: str) -> Layout:
    """Copy the files that the image would contain to the places where it would have them, with the
    modes that its user would meet.

    Raises OSError where there is no room for them.
    """
    top = Path(tempfile.gettempdir()).resolve() / f"hfspace-{os.urandom(6).hex()}"
    # before there is anything: this process may be killed at any moment
    temporary = already_there()
    layout = Layout(
        top, top / "root", top / "home", top / "scratch", guard=Guard(str(top)), temporary=temporary
    )
    try:
        top.mkdir(mode=0o700)
        for directory in (layout.root, layout.home, layout.scratch):
            directory.mkdir()
        image = space.image
        if image is not None:
            layout.files = dict(image.layout)
            for name in image.directories:
                layout.inside(name).mkdir(parents=True, exist_ok=True)
        layout.inside(workdir).mkdir(parents=True, exist_ok=True)
        space.files.copy_to((source, layout.inside(target)) for target, source in layout.files.items())
        for name, content in (image.made if image is not None else {}).items():
            made = layout.inside(name)
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_bytes(content)
        protect(image, layout.root, layout.home)
    except BaseException:
        layout.remove()
        raise
    return layout
