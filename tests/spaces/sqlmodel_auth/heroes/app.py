"""A database, tokens, and routes that only a signed-in user may call."""

import hashlib
import hmac
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from sqlmodel import Field, Session, SQLModel, create_engine, select

DATABASE_URL = os.getenv("DATABASE_URL", f"sqlite:///{Path(tempfile.gettempdir()) / 'heroes.db'}")
engine = create_engine(DATABASE_URL)
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


class HeroIn(SQLModel):
    name: str = Field(min_length=1)
    age: int | None = None


class Hero(HeroIn, table=True):
    id: int | None = Field(default=None, primary_key=True)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


def signature(name: str) -> str:
    key = os.environ["SECRET_KEY"].encode()
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def user(token: Annotated[str, Depends(oauth2)]) -> str:
    name, _, signed = token.partition(".")
    if not hmac.compare_digest(signed, signature(name)):
        raise HTTPException(401, "the token is not valid")
    return name


@app.get("/")
def root() -> dict[str, str]:
    return {"heroes": "/heroes"}


@app.post("/token")
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    return {"access_token": f"{form.username}.{signature(form.username)}", "token_type": "bearer"}


@app.post("/heroes", status_code=201)
def create(hero: HeroIn, db: Annotated[Session, Depends(session)]) -> Hero:
    stored = Hero.model_validate(hero)
    db.add(stored)
    db.commit()
    db.refresh(stored)
    return stored


@app.get("/heroes")
def read_all(db: Annotated[Session, Depends(session)]) -> list[Hero]:
    return list(db.exec(select(Hero)))


@app.get("/heroes/{hero_id}")
def read(hero_id: int, db: Annotated[Session, Depends(session)]) -> Hero:
    hero = db.get(Hero, hero_id)
    if hero is None:
        raise HTTPException(404, "there is no such hero")
    return hero


@app.get("/me")
def me(name: Annotated[str, Depends(user)]) -> dict[str, str]:
    return {"name": name}
