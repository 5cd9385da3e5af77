"""Which file of the repository did an answer come from?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from ...rehearsal.facts import Rehearsal, Visit, Where
from ...space import Space
from ..serving import route_of, text_of

#: So many files are searched for a text.
_MOST = 60
_TEMPLATES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".tmpl")


def place_of(space: Space, rehearsal: Rehearsal, visit: Visit, literal: str) -> Where | None:
    """The line that has a text of an answer: in a file that its path names, a template, the app's own
    modules; else the route that answered."""
    route = route_of(rehearsal, visit)
    own = [route.where.path] if route is not None and route.where is not None else []
    for number, path in enumerate(dict.fromkeys((*own, *_candidates(space, rehearsal, visit)))):
        if number >= _MOST:
            break
        text = text_of(space, path)
        at = text.find(literal)
        if at >= 0:
            return Where(path, text.count("\n", 0, at) + 1)
    return route.where if route is not None else None


def _candidates(space: Space, rehearsal: Rehearsal, visit: Visit) -> Iterator[str]:
    sent = unquote(visit.request.path.partition("?")[0])
    name = PurePosixPath(sent).name if sent else ""
    tracked = list(space.files.tracked)
    if name:
        yield from (path for path in tracked if f"/{path}".endswith(f"/{name}"))
    yield from (path for path in tracked if path.lower().endswith(_TEMPLATES))
    yield from rehearsal.imported


def at_hand(space: Space, path: str) -> tuple[str, str]:
    """A file of this machine that would do for a path that is not served: one that git does not
    track, and one that would arrive under a name in other case; "" where there is none."""
    places = [path]
    app = space.app.partition(":")[0].replace(".", "/").rpartition("/")[0]
    parts = PurePosixPath(path).parts
    folders = {"", app, "static", "public", f"{app}/static" if app else "static"}
    places += [
        str(PurePosixPath(folder, *parts[cut:]))
        for folder in sorted(folders)
        for cut in (0, 1)
        if parts[cut:]
    ]
    places = [place for place in dict.fromkeys(places) if ".." not in PurePosixPath(place).parts]
    untracked = next((place for place in places if space.files.exists_untracked(place)), "")
    other = next((found for place in places if (found := space.files.similar(place))), "")
    return untracked, other or ""
