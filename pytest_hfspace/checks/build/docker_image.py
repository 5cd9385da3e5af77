"""What the checks of a Dockerfile share: there is one, and what it builds."""

from __future__ import annotations

from ...check import NotApplicable, Skip
from ...space import Space
from ...space.dockerfile import Dockerfile
from ...space.image import Image
from ..causes import without_image


def docker_image(space: Space) -> tuple[Dockerfile, Image]:
    """Both of a Docker Space; Skip where there is none."""
    if space.sdk not in ("docker", None):
        raise NotApplicable("only a Docker Space has a Dockerfile")
    if space.dockerfile is None or space.image is None:
        raise Skip(without_image(space))
    return space.dockerfile, space.image
