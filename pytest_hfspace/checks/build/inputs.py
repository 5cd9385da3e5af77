"""3xx: what a build step takes besides the files that COPY names: another stage, a project's readme."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from ...check import Finding
from ...space import Space
from ...space.dockerfile import Dockerfile
from ...space.project_file import LARGEST_PROJECT, readme_of
from ..serving import one_line

#: Images of one word that are on Docker Hub: any other word is more likely a stage's name.
_IMAGES: Final = frozenset(
    {
        "alpine", "bash", "bun", "busybox", "caddy", "clojure", "composer", "consul", "curl", "debian",
        "denoland", "docker", "elasticsearch", "elixir", "erlang", "fedora", "gcc", "ghost", "golang",
        "gradle", "haproxy", "haskell", "httpd", "influxdb", "julia", "kong", "mariadb", "maven",
        "memcached", "mongo", "mysql", "nats", "neo4j", "nginx", "node", "openjdk", "perl", "php",
        "postgres", "pypy", "python", "rabbitmq", "redis", "ruby", "rust", "scratch", "solr", "swift",
        "tomcat", "traefik", "ubuntu", "vault", "wordpress",
    }
)  # fmt: skip
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def absent_stages(dockerfile: Dockerfile) -> Iterator[Finding]:
    """``COPY --from=builder`` where no stage has that name: BuildKit then looks for an image."""
    stages = dockerfile.stages
    words = [stage[0].text.split() for stage in stages]
    names = {each[2].lower() for each in words if len(each) == 3}
    for step in stages[-1] if stages else ():
        name = step.flags.get("from", "") if step.name == "COPY" else ""
        if not _PLAIN.fullmatch(name) or name.lower() in names | _IMAGES:
            continue
        yield Finding(
            f"COPY --from={one_line(name, 40)}: no stage has this name",
            f"name the stage: FROM … AS {one_line(name, 40)}"
            if not names
            else f"write one of {one_line(', '.join(sorted(names)), 60)}, or the whole name of an image",
            dockerfile.path,
            step.line,
            level="warn",
            consequence="The builder takes it for an image of Docker Hub, and where there is none ends with "
            '"pull access denied, repository does not exist or may require authorization".',
        )


def absent_readme(space: Space) -> Iterator[Finding]:
    """A project's readme that is not in the image when pip builds the project.

    hatchling ends with an error then; setuptools warns, and of others it is not known.
    """
    told: set[str] = set()
    for install in space.image.installs if space.image else ():
        project = posixpath.join(install.directory, "pyproject.toml")
        source = install.sources.get(project)
        if not install.project or install.synchronises or install.tool not in ("pip", "uv") or source is None:
            continue
        try:
            readme, line = readme_of(space.files.text(source, LARGEST_PROJECT))
        except FileNotFoundError:
            continue
        path = posixpath.normpath(posixpath.join(install.directory, readme))
        if not readme or source in told or install.conditional or not install.lacks(path):
            continue
        told.add(source)
        name = one_line(readme, 60)
        yield Finding(
            f"{one_line(source, 60)} names {name} as its readme, which is not in the image in line "
            f"{install.line} of the Dockerfile",
            f"COPY {name} beside pyproject.toml before it is installed (.dockerignore may keep it out)",
            source,
            line,
            consequence=f'The build fails: "OSError: Readme file does not exist: {name}".',
        )
