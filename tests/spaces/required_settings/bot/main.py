"""Does not start without its settings, which are all documented."""

from fastapi import FastAPI

from .settings import settings

app = FastAPI()


@app.get("/")
def root() -> dict[str, object]:
    return {"model": settings.model_name, "quota": settings.quota}
