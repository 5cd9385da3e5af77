"""3xx: the Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_START: Final = 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]\n'
_HEAD: Final = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
_USER: Final = "RUN useradd -m -u 1000 user\nUSER user\n"
_DOCUMENTED: Final = (
    "FROM python:3.12\n"
    "RUN useradd -m -u 1000 user\n"
    "USER user\n"
    "ENV HOME=/home/user PATH=/home/user/.local/bin:$PATH\n"
    "WORKDIR /home/user/app\n"
    "COPY --chown=user . .\n"
    "RUN pip install -r requirements.txt\n"
)
_WRITES: Final = (
    "from pathlib import Path\n\nfrom fastapi import FastAPI\n\n"
    'Path(__file__).with_name("visits.txt").write_text("0")\n'
    'app = FastAPI()\n\n\n@app.get("/")\ndef root() -> str:\n    return "hello"\n'
)
_TRIES: Final = (
    "from pathlib import Path\nfrom threading import Thread\n\nfrom fastapi import FastAPI\n\n\n"
    'def save() -> None:\n    Path("visits.txt").write_text("0")\n\n\n'
    "Thread(target=save).start()\n"
    'app = FastAPI()\n\n\n@app.get("/")\ndef root() -> str:\n    return "hello"\n'
)
_APP: Final = "WORKDIR /home/user/app\nCOPY --chown=user . .\nRUN pip install -r requirements.txt\n"
_HUB: Final = "FROM python:3.12\nRUN pip install huggingface_hub\n"
_BERT: Final = "RUN hf download google-bert/bert-base-uncased\n"

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS311": Explanation(
        why=(
            "The build sees what git tracks, less what .dockerignore names. A folder that is only on your "
            "machine, such as static/ or dist/, is not there, and COPY of it ends the build. The Hub's page "
            'may then show no more than "Job failed with exit code: 1. Reason: cache miss: [8/8] COPY '
            'static/ ./static/"; the log of the build says: failed to calculate checksum of ref …: '
            '"/static": not found.'
        ),
        sources=("field", "moby/buildkit"),
        wrong={
            ".gitignore": "static/\n",
            "static/style.css": "body { margin: 0 }\n",
            "Dockerfile": f"{_HEAD}COPY static/ ./static/\n{_START}",
        },
        right={
            "static/style.css": "body { margin: 0 }\n",
            "Dockerfile": f"{_HEAD}COPY static/ ./static/\n{_START}",
        },
        leaves=(
            "A pattern that matches nothing (COPY poetry.lock* ./), COPY --from, a source that a build "
            "argument names, and the stages that the last one does not need."
        ),
    ),
    "HFS312": Explanation(
        why=(
            "A Dockerfile that BuildKit cannot parse builds nothing. One without CMD and ENTRYPOINT does "
            "build, on an image such as python:3.12, and then starts Python's prompt, which has no input "
            "and ends."
        ),
        sources=("spaces-sdks-docker", "moby/buildkit"),
        wrong={"Dockerfile": f"FROM python:3.12-slim\nRUN pip install fastapi\n && rm -rf /tmp/*\n{_START}"},
        right={
            "Dockerfile": f"FROM python:3.12-slim\nRUN pip install fastapi \\\n && rm -rf /tmp/*\n{_START}"
        },
        leaves=(
            "A base image that may bring its own command. A CMD that is a list but not JSON is found by "
            "HFS401."
        ),
    ),
    "HFS314": Explanation(
        why=(
            "The Hub runs the container as user id 1000. COPY and WORKDIR make root's files, which this "
            "user may read and not write; and without an entry in /etc/passwd its home is /, so that "
            "caches fail with Permission denied: '/.cache'."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"main.py": _WRITES},
        right={"main.py": _WRITES, "Dockerfile": f"{_DOCUMENTED}{_START}"},
        leaves=(
            "A Dockerfile without USER whose app writes nothing, or only below /tmp: most healthy Spaces "
            "are like that. What the rehearsal did not see being written is not looked at."
        ),
    ),
    "HFS315": Explanation(
        why=(
            "USER decides who runs the steps and the app; it does not decide whose files COPY makes. "
            "Without --chown they are root's, and the app may not write them or beside them."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={
            "main.py": _TRIES,
            "Dockerfile": f"{_HEAD}{_USER}{_START}",
        },
        right={"main.py": _TRIES, "Dockerfile": f"{_DOCUMENTED}{_START}"},
        leaves=(
            "A write that the code expects to fail, and one without which the app does not start or answer: "
            "HFS801 tells of that. RUN chown and chmod are followed. After a step that could not be "
            "followed, such as a script, nobody can tell, and the check is skipped."
        ),
    ),
    "HFS316": Explanation(
        why=(
            "Steps below USER run as that user. apt-get then fails with E: Could not open lock file "
            "/var/lib/apt/lists/lock - open (13: Permission denied), and chmod of a file that COPY made "
            "for root with Operation not permitted."
        ),
        sources=("field",),
        wrong={
            "Dockerfile": (
                f"FROM python:3.12-slim\n{_USER}RUN apt-get update && apt-get install -y ffmpeg\n"
                f"{_APP}{_START}"
            )
        },
        right={
            "Dockerfile": (
                f"FROM python:3.12-slim\nRUN apt-get update && apt-get install -y ffmpeg\n{_USER}"
                f"{_APP}{_START}"
            )
        },
        leaves="Steps with sudo or with || true, and base images of which it is not known who they run as.",
    ),
    "HFS317": Explanation(
        why=(
            "Volumes are mounted when the container starts. While the image is built there is no /data, "
            "and what a step puts into one that it makes itself is hidden by the volume later."
        ),
        sources=("spaces-sdks-docker",),
        wrong={"Dockerfile": f"{_HEAD}RUN touch /data/app.db\n{_START}"},
        right={"Dockerfile": f"{_HEAD}RUN mkdir -p /data && chmod 777 /data\n{_START}"},
        leaves="Volumes with another mount path than /data: the repository does not say.",
    ),
    "HFS318": Explanation(
        why=(
            "Libraries keep downloads below the home of the user that runs them. What a step downloads as "
            "root lies in /root, where the app's user neither looks nor may look: it downloads everything "
            'again at every start, or fails with "Executable doesn\'t exist".'
        ),
        sources=("field", "spaces-config-reference"),
        wrong={"Dockerfile": f"{_HUB}{_BERT}{_USER}{_START}"},
        right={"Dockerfile": (f"{_HUB}{_USER}ENV HOME=/home/user\n{_BERT}{_START}")},
        leaves=(
            "Downloads in scripts of your own, and apps whose code says itself where the cache is. Known are "
            "the caches of Hugging Face, Torch Hub, NLTK, Whisper and Playwright."
        ),
    ),
    "HFS319": Explanation(
        why=(
            "A layer keeps whole files. chown -R stores every file a second time with its new owner, so that "
            "the image is twice as large, is pushed longer and starts later."
        ),
        sources=("spaces-sdks-docker",),
        wrong={
            "Dockerfile": (f"{_HEAD}RUN useradd -m -u 1000 user && chown -R user /app\nUSER user\n{_START}")
        },
        right={"Dockerfile": f"{_DOCUMENTED}{_START}"},
        leaves="chown and chmod of single files, and of directories that no COPY filled.",
    ),
    "HFS320": Explanation(
        why=(
            "pip and uv call git for requirements with git+https. The slim and alpine images have none: "
            "ERROR: Cannot find command 'git'."
        ),
        sources=("field",),
        wrong={"requirements.txt": "fastapi\nuvicorn\nhttpie @ git+https://github.com/httpie/cli\n"},
        right={
            "requirements.txt": "fastapi\nuvicorn\nhttpie @ git+https://github.com/httpie/cli\n",
            "Dockerfile": (
                "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y git\nWORKDIR /app\n"
                f"COPY . .\nRUN pip install -r requirements.txt\n{_START}"
            ),
        },
        leaves="Other tools than git, and base images that are not known.",
        level="error",
    ),
}
