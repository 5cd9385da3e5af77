"""A FastAPI app whose requests are hard to guess: every kind of parameter, body and constraint."""

# No postponed annotations: FastAPI could not see the types that are made inside the function.
import enum
import ipaddress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Path,
    Query,
    Security,
    UploadFile,
)
from fastapi import Request as HTTPRequest
from fastapi.responses import PlainTextResponse
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordBearer
from pydantic import (
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    FutureDate,
    HttpUrl,
    Json,
    NaiveDatetime,
    PastDatetime,
    RootModel,
    SecretStr,
    model_validator,
)

#: No schema tells these, and the answer does not either.
UNKNOWABLE = {"POST /unknowable/range", "GET /unknowable/even"}
BEARER_ROUTES = {"GET /auth/bearer", "GET /auth/oauth"}


class Colour(str, enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 10
    HIGH = 20


class Address(BaseModel):
    street: str = Field(min_length=3, max_length=40)
    zip_code: str = Field(pattern=r"^\d{5}(-\d{4})?$")
    country: str = Field(pattern=r"^[A-Z]{2}$")


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Node(BaseModel):
    value: int
    children: "list[Node]" = []
    parent: "Node | None" = None


class Tree(BaseModel):
    label: str
    left: "Tree | None"
    right: "Tree | None"
    others: "list[Tree]"


class Everything(BaseModel):
    text: str
    count: int = Field(gt=5, lt=7)
    share: float = Field(gt=0, lt=1)
    price: Decimal = Field(gt=0, max_digits=6, decimal_places=2)
    tenth: Decimal = Field(max_digits=2, decimal_places=2, gt=0)
    step: int = Field(multiple_of=7, ge=50)
    fine: float = Field(multiple_of=0.25, gt=2.1)
    flag: bool
    day: date
    moment: datetime
    clock: time
    wait: timedelta
    id: UUID
    mail: EmailStr
    link: HttpUrl
    address: Address
    colour: Colour
    level: Level
    word: Literal["a", "b"]
    either: int | str
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = Field(min_length=2)
    pair: tuple[int, str]
    unique: set[int] = Field(min_length=3)
    tags: list[Annotated[str, Field(min_length=2, pattern="^[a-z]+$")]] = Field(min_length=1, max_length=3)
    table: dict[str, float]
    counts: dict[int, int]
    anything: Any
    nothing: None
    maybe: int | None
    secret: SecretStr
    data: Base64Bytes
    inner: Json[dict[str, int]]
    v4: ipaddress.IPv4Address
    v6: ipaddress.IPv6Address
    net: ipaddress.IPv4Network


class Times(BaseModel):
    naive: NaiveDatetime
    aware: AwareDatetime
    past: PastDatetime
    future: FutureDate


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    number: int
    ratio: float
    text: str


class Patterns(BaseModel):
    slug: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", min_length=4)
    plate: str = Field(pattern=r"^[A-Z]{1,3}-[A-Z]{1,2} [1-9]\d{0,3}$")
    version: str = Field(pattern=r"^v?\d+\.\d+\.\d+$")
    hexa: str = Field(pattern=r"^#(?:[0-9a-fA-F]{3}){1,2}$")
    phone: str = Field(pattern=r"^\+?[1-9]\d{7,14}$")
    choice: str = Field(pattern="^(draft|published)$")
    name: str = Field(pattern=r"^[^\d\s]+$", max_length=6)
    loose: str = Field(pattern="x")
    sized: str = Field(pattern=r"^[a-z]+-[a-z]+$", min_length=9, max_length=12)


class Example(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"number": 4}]})
    number: int


class Range(BaseModel):
    left: int
    right: int

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.left >= self.right:
            raise ValueError("left must be less than right")
        return self


class Filter(BaseModel):
    limit: int = Field(gt=0, le=5)
    order: Literal["asc", "desc"]


class Login(BaseModel):
    username: str = Field(min_length=3)
    password: str = Field(min_length=8)


class Words(RootModel[list[str]]):
    pass


class NewItem(BaseModel):
    name: str
    price: float = Field(gt=0)


class NewNote(BaseModel):
    text: str
    item_id: UUID


class Camel(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first_name: str = Field(alias="firstName")


def _even(value: int) -> int:
    if value % 2:
        raise HTTPException(409, "odd")
    return value


def build() -> FastAPI:
    """A new app with nothing in its stores."""
    app = FastAPI()
    _parameters(app)
    _bodies(app)
    _forms(app)
    _auth(app)
    _resources(app)

    @app.post("/unknowable/range")
    def unknowable_range(body: Range) -> int:
        return body.left

    @app.get("/unknowable/even")
    def unknowable_even(number: int) -> int:
        return _even(number)

    return app


def _parameters(app: FastAPI) -> None:  # noqa: C901  (a list of routes, not a program)
    @app.get("/path/int/{number}")
    def path_int(number: Annotated[int, Path(gt=10, lt=12)]) -> int:
        return number

    @app.get("/path/text/{name}")
    def path_text(name: Annotated[str, Path(min_length=12, max_length=14)]) -> str:
        return name

    @app.get("/path/enum/{colour}/{level}")
    def path_enum(colour: Colour, level: Level) -> str:
        return colour.value

    @app.get("/path/id/{key}/{day}/{share}/{flag}")
    def path_mixed(key: UUID, day: date, share: float, flag: bool) -> str:
        return str(key)

    @app.get("/path/file/{file:path}")
    def path_file(file: str) -> str:
        return file

    @app.get("/path/convertor/{number:int}")
    def path_convertor(number: int) -> int:
        return number

    @app.get("/path/pattern/{code}")
    def path_pattern(code: Annotated[str, Path(pattern=r"^[A-Z]{2}\d{4}$")]) -> str:
        return code

    @app.get("/path/example/{name}")
    def path_example(name: Annotated[str, Path(openapi_examples={"one": {"value": "an example"}})]) -> str:
        if name != "an example":
            raise HTTPException(404)
        return name

    @app.get("/who/me")
    def who_me() -> str:
        return "me"

    @app.get("/who/{name}")
    def who(name: str) -> str:
        if name == "me":
            raise HTTPException(418)
        return name

    @app.get("/query/required")
    def query_required(q: str, page: Annotated[int, Query(ge=1)], day: date, level: Level, flag: bool) -> str:
        return q

    @app.get("/query/optional")
    def query_optional(q: str | None = None, page: int = 1) -> int:
        return page

    @app.get("/query/list")
    def query_list(tag: Annotated[list[int], Query(min_length=2)], word: Annotated[set[str], Query()]) -> int:
        return sum(tag)

    @app.get("/query/model")
    def query_model(filters: Annotated[Filter, Query()]) -> int:
        return filters.limit

    @app.get("/query/alias")
    def query_alias(q: Annotated[str, Query(alias="item-query", min_length=3, pattern="^fixed")]) -> str:
        return q

    @app.get("/query/json")
    def query_json(data: Json[dict[str, int]], mail: EmailStr) -> int:
        return len(data)

    @app.get("/query/either")
    def query_either(one: int | str, two: int | None, three: Colour | None) -> str:
        return str(one)

    @app.get("/query/time")
    def query_time(when: datetime, wait: timedelta, clock: time, ip: ipaddress.IPv4Address) -> str:
        return when.isoformat()

    @app.get("/query/decimal")
    def query_decimal(price: Annotated[Decimal, Query(gt=0, max_digits=5, decimal_places=2)]) -> str:
        return str(price)

    @app.get("/query/umlaut")
    def query_umlaut(text: Annotated[str, Query(alias="größe", examples=["ein & zwei=drei"])]) -> str:
        assert text == "ein & zwei=drei"
        return text

    @app.get("/header")
    def header(
        x_token: Annotated[str, Header(min_length=3)],
        x_ids: Annotated[list[int], Header()],
        user_agent: Annotated[str, Header()],
    ) -> str:
        return x_token

    @app.get("/header/authorization")
    def header_authorization(authorization: Annotated[str, Header()]) -> str:
        return authorization.split(" ")[1]

    @app.get("/cookie")
    def cookie(session: Annotated[str, Cookie(min_length=3)], number: Annotated[int, Cookie()]) -> str:
        return session

    @app.head("/header/head")
    def head() -> None:
        return None


def _bodies(app: FastAPI) -> None:  # noqa: C901  (a list of routes, not a program)
    @app.post("/body/everything")
    def everything(body: Everything) -> str:
        return body.text

    @app.post("/body/times")
    def times(body: Times) -> str:
        return "ok"

    @app.post("/body/strict")
    def strict(body: Strict) -> str:
        return body.text

    @app.post("/body/patterns")
    def patterns(body: Patterns) -> str:
        return body.slug

    @app.post("/body/example")
    def example(body: Example) -> int:
        assert body.number == 4
        return body.number

    @app.post("/body/node")
    def node(body: Node) -> int:
        return body.value

    @app.post("/body/tree")
    def tree(body: Tree) -> str:
        return body.label

    @app.post("/body/union")
    def union(body: Cat | Dog | list[int]) -> str:
        return "ok"

    @app.post("/body/tagged")
    def tagged(body: Annotated[Cat | Dog, Body(discriminator="kind")]) -> str:
        return body.kind

    @app.post("/body/two")
    def two(address: Address, node: Node, weight: Annotated[int, Body(gt=3)]) -> int:
        return weight

    @app.post("/body/embedded")
    def embedded(body: Annotated[Camel, Body(embed=True)]) -> str:
        return body.first_name

    @app.post("/body/words")
    def words(body: Words) -> str:
        return body.root[0]

    @app.post("/body/mapping")
    def mapping(body: dict[str, list[int]]) -> int:
        return len(body)

    @app.post("/body/plain")
    def plain(body: Annotated[str, Body()]) -> str:
        return body

    @app.post("/body/text")
    def text(body: Annotated[str, Body(media_type="text/plain")]) -> str:
        return "ok"

    @app.post("/body/optional")
    def optional(body: Strict | None = None) -> str:
        return body.text if body else ""

    @app.post("/body/request")
    async def raw(request: HTTPRequest) -> int:
        return len(await request.body())

    @app.put("/body/login")
    def login(body: Login) -> str:
        return body.username

    @app.patch("/body/any")
    def anything(body: Annotated[Any, Body()]) -> str:
        return str(type(body))


def _forms(app: FastAPI) -> None:
    @app.post("/form/fields")
    def fields(
        name: Annotated[str, Form()], age: Annotated[int, Form(gt=17)], tags: Annotated[list[str], Form()]
    ) -> str:
        return name

    @app.post("/form/model")
    def form_model(data: Annotated[Login, Form()]) -> str:
        return data.username

    @app.post("/form/optional")
    def form_optional(name: Annotated[str, Form()] = "x") -> str:
        return name

    @app.post("/form/file")
    async def form_file(file: UploadFile) -> int:
        return len(await file.read())

    @app.post("/form/predict-image")
    async def form_image(file: UploadFile, top: Annotated[int, Form(ge=1)]) -> str:
        content = await file.read()
        if not content.startswith(b"\x89PNG") or file.content_type != "image/png":
            raise HTTPException(415)
        return file.filename or ""

    @app.post("/form/files")
    def form_files(files: list[UploadFile], notes: Annotated[str, Form()]) -> int:
        return len(files)

    @app.post("/form/bytes")
    def form_bytes(data: Annotated[bytes, File()]) -> int:
        return len(data)

    @app.post("/form/maybe")
    def form_maybe(file: UploadFile | None = None) -> bool:
        return file is not None


def _auth(app: FastAPI) -> None:
    bearer, key = HTTPBearer(auto_error=False), APIKeyHeader(name="X-Api-Key", auto_error=False)
    oauth = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)

    @app.get("/auth/bearer")
    def auth_bearer(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
        if given is None or given.credentials != "good-token":
            raise HTTPException(401)
        return "ok"

    @app.get("/auth/oauth")
    def auth_oauth(token: Annotated[str | None, Depends(oauth)]) -> str:
        if token != "good-token":
            raise HTTPException(401)
        return "ok"

    @app.get("/auth/key")
    def auth_key(given: Annotated[str | None, Security(key)]) -> str:
        if given is None:
            raise HTTPException(403)
        return given


def _resources(app: FastAPI) -> None:  # noqa: C901  (a list of routes, not a program)
    items: dict[UUID, dict[str, Any]] = {}
    notes: dict[tuple[UUID, int], dict[str, Any]] = {}
    users: dict[str, Login] = {}
    router = APIRouter(prefix="/items", tags=["items"])
    nested = APIRouter(prefix="/{item_id}/notes")

    def existing(item_id: UUID) -> UUID:
        if item_id not in items:
            raise HTTPException(404, "no such item")
        return item_id

    # Written in the order in which nothing works unless it is put right.
    @router.delete("/{item_id}")
    def delete_item(item_id: Annotated[UUID, Depends(existing)]) -> None:
        del items[item_id]

    @router.get("/{item_id}")
    def read_item(item_id: Annotated[UUID, Depends(existing)]) -> dict[str, Any]:
        return items[item_id]

    @router.put("/{item_id}")
    def put_item(item_id: Annotated[UUID, Depends(existing)], body: NewItem) -> dict[str, Any]:
        return items[item_id]

    @router.post("", status_code=201)
    def create_item(body: NewItem) -> dict[str, Any]:
        key = uuid4()
        items[key] = {"id": str(key), "name": body.name}
        return items[key]

    @nested.get("/{note_id}")
    def read_note(item_id: Annotated[UUID, Depends(existing)], note_id: int) -> dict[str, Any]:
        if (item_id, note_id) not in notes:
            raise HTTPException(404, "no such note")
        return notes[item_id, note_id]

    @nested.delete("/{note_id}", status_code=204)
    def delete_note(item_id: Annotated[UUID, Depends(existing)], note_id: int) -> None:
        if notes.pop((item_id, note_id), None) is None:
            raise HTTPException(404, "no such note")

    @nested.post("", status_code=201)
    def create_note(item_id: Annotated[UUID, Depends(existing)], body: NewNote) -> dict[str, Any]:
        existing(body.item_id)
        key = 700 + len(notes)
        notes[item_id, key] = {"note_id": key, "text": body.text}
        return notes[item_id, key]

    @app.get("/users/{username}")
    def read_user(username: str) -> str:
        if username not in users:
            raise HTTPException(404, "no such user")
        return username

    @app.post("/users/create")
    def create_user(body: Login) -> dict[str, str]:
        users[body.username] = body
        return {"username": body.username}

    @app.get("/logout", response_class=PlainTextResponse)
    def logout() -> str:
        users.clear()
        return "bye"

    router.include_router(nested)
    app.include_router(router)
