"""The options of the known servers, as data: which of them take a word, and how they are spelt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Runner = Literal["uvicorn", "fastapi", "gunicorn", "hypercorn", "granian", "daphne", "litestar", "python"]


class Grammar(NamedTuple):
    """A server's command line.  ``valued``: options that take a word; ``names``: short spellings;
    ``prefix``: of the environment variables that stand for options, None where there are none."""

    runner: Runner
    host: str
    valued: frozenset[str]
    names: Mapping[str, str]
    prefix: str | None = None


_TLS = (
    "--ssl-keyfile --ssl-certfile --ssl-keyfile-password --ssl-version --ssl-cert-reqs "
    "--ssl-ca-certs --ssl-ciphers"
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UVICORN = Grammar(
    "uvicorn",
    "127.0.0.1",
    _set(
        "--host --port --uds --fd --reload-dir --reload-include --reload-exclude --reload-delay "
        "--workers --loop --http --ws --ws-max-size --ws-max-queue --ws-ping-interval "
        "--ws-ping-timeout --ws-per-message-deflate --lifespan --interface --env-file --log-config "
        "--log-level --forwarded-allow-ips --root-path --limit-concurrency --backlog "
        "--limit-max-requests --limit-max-requests-jitter --timeout-keep-alive "
        "--timeout-graceful-shutdown --timeout-worker-healthcheck --header --app-dir "
        "--h11-max-incomplete-event-size "
        f"{_TLS}"
    ),
    {},
    "UVICORN_",
)
_FASTAPI = Grammar(
    "fastapi",
    "0.0.0.0",  # noqa: S104 - what the server's documentation says
    _set("--host --port --root-path --workers --app --entrypoint --forwarded-allow-ips --reload-dir"),
    {"-e": "--entrypoint"},
)
_GUNICORN = Grammar(
    "gunicorn",
    "127.0.0.1",
    _set(
        "--bind --workers --worker-class --threads --config --chdir --timeout --graceful-timeout "
        "--keep-alive --max-requests --max-requests-jitter --log-level --log-file --error-logfile "
        "--access-logfile --access-logformat --forwarded-allow-ips --worker-connections "
        "--worker-tmp-dir --backlog --pid --user --group --umask --name --env --pythonpath "
        "--certfile --keyfile --ca-certs --paste --log-config --logger-class --limit-request-line "
        "--limit-request-fields --limit-request-field_size --statsd-host --proxy-allow-from "
        "--log-config-json --dogstatsd-tags --statsd-prefix --ciphers --ssl-version"
    ),
    {
        "-b": "--bind", "-w": "--workers", "-k": "--worker-class", "-c": "--config", "-t": "--timeout",
        "-n": "--name", "-u": "--user", "-g": "--group", "-m": "--umask", "-p": "--pid", "-e": "--env",
    },
)  # fmt: skip
_HYPERCORN = Grammar(
    "hypercorn",
    "127.0.0.1",
    _set(
        "--bind --workers --worker-class --config --access-log --access-logfile --access-logformat "
        "--backlog --error-log --error-logfile --log-file --log-config --log-level "
        "--graceful-timeout --read-timeout --keep-alive --max-requests --max-requests-jitter "
        "--insecure-bind --quic-bind --pid --root-path --user --group --umask --certfile --keyfile "
        "--keyfile-password --ca-certs --ciphers --cert-reqs --server-name --statsd-host "
        "--statsd-prefix --verify-mode --websocket-ping-interval"
    ),
    {
        "-b": "--bind", "-w": "--workers", "-k": "--worker-class", "-c": "--config", "-p": "--pid",
        "-g": "--group", "-m": "--umask", "-u": "--user",
    },
)  # fmt: skip
_GRANIAN = Grammar(
    "granian",
    "127.0.0.1",
    _set(
        "--host --port --uds --interface --http --workers --blocking-threads --runtime-threads "
        "--runtime-mode --loop --task-impl --backlog --backpressure --log-level --log-config "
        "--access-log-fmt --ssl-keyfile --ssl-certificate --ssl-keyfile-password --url-path-prefix "
        "--respawn-interval --workers-lifetime --workers-kill-timeout --working-dir --env-files "
        "--process-name --pid-file --reload-paths --static-path-route --static-path-mount "
        "--static-path-expires --blocking-threads-idle-timeout --workers-max-rss --http1-buffer-size "
        "--http1-header-read-timeout --http2-max-concurrent-streams"
    ),
    {},
    "GRANIAN_",
)
_DAPHNE = Grammar(
    "daphne",
    "127.0.0.1",
    _set(
        "--bind --port --endpoint --unix-socket --fd --verbosity --http-timeout --access-log "
        "--log-fmt --ping-interval --ping-timeout --websocket_timeout --websocket_connect_timeout "
        "--application-close-timeout --root-path --server-name --ws-protocol --proxy-headers-host "
        "--proxy-headers-port"
    ),
    {"-b": "--bind", "-p": "--port", "-e": "--endpoint", "-u": "--unix-socket", "-v": "--verbosity",
     "-t": "--http-timeout"},
)  # fmt: skip
_LITESTAR = Grammar(
    "litestar",
    "127.0.0.1",
    _set(
        "--app --app-dir --host --port --uds --fd --web-concurrency --workers --reload-dir "
        "--reload-include --reload-exclude --ssl-certfile --ssl-keyfile"
    ),
    {
        "-H": "--host", "-p": "--port", "-W": "--web-concurrency", "--wc": "--web-concurrency",
        "-U": "--uds", "-F": "--fd", "-R": "--reload-dir", "-I": "--reload-include",
        "-E": "--reload-exclude", "-r": "--reload",
    },
    "LITESTAR_",
)  # fmt: skip
GRAMMARS: dict[str, Grammar] = {
    g.runner: g for g in (_UVICORN, _FASTAPI, _GUNICORN, _HYPERCORN, _GRANIAN, _DAPHNE, _LITESTAR)
}
