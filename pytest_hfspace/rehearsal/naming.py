"""What the app said, with the image's names in place of the temporary directory's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .facts import Failure, Logged, Raised, Rehearsal, Shutdown, Variant, Visit

Name = Callable[[str], str]


def named(facts: Rehearsal, name: Name) -> Rehearsal:
    """The same facts; ``name`` puts the image's paths into a text."""
    return replace(
        facts,
        failure=_failure(facts.failure, name),
        openapi_problem=_raised(facts.openapi_problem, name),
        visits=tuple(_visit(visit, name) for visit in facts.visits),
        logged=tuple(_logged(logged, name) for logged in facts.logged),
        shutdown=_shutdown(facts.shutdown, name),
        variants=tuple(_variant(variant, name) for variant in facts.variants),
        output=name(facts.output),
        unprinted=name(facts.unprinted),
    )


def _raised(raised: Raised | None, name: Name) -> Raised | None:
    if raised is None:
        return None
    return raised._replace(message=name(raised.message), cause=_raised(raised.cause, name))


def _failure(failure: Failure | None, name: Name) -> Failure | None:
    if failure is None:
        return None
    return failure._replace(
        message=name(failure.message),
        raised=_raised(failure.raised, name),
        output=name(failure.output),
    )


def _visit(visit: Visit, name: Name) -> Visit:
    return visit if visit.raised is None else visit._replace(raised=_raised(visit.raised, name))


def _logged(logged: Logged, name: Name) -> Logged:
    return logged._replace(
        message=name(logged.message),
        raised=_raised(logged.raised, name),
        excuse=name(logged.excuse),
    )


def _shutdown(shutdown: Shutdown | None, name: Name) -> Shutdown | None:
    return shutdown._replace(raised=_raised(shutdown.raised, name)) if shutdown is not None else None


def _variant(variant: Variant, name: Name) -> Variant:
    visits = tuple(_visit(visit, name) for visit in variant.visits)
    return replace(
        variant, failure=_failure(variant.failure, name), visits=visits, output=name(variant.output)
    )
