"""What the API takes and answers about accounts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from serve_app.accounts.password import MOST_CHARS
from serve_app.accounts.users import Role

Password = Annotated[str, StringConstraints(max_length=4 * MOST_CHARS)]
Username = Annotated[str, StringConstraints(max_length=200)]


class Credentials(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"username": "anne", "password": "une phrase assez longue"}]}
    )

    username: Username
    password: Password


class SignIn(BaseModel):
    """A name and a password, beside what OAuth2 clients send with them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"grant_type": "password", "username": "anne", "password": "une phrase assez longue"}]
        }
    )

    grant_type: Literal["password", ""] | None = None
    username: Username
    password: Password


class NewPassword(BaseModel):
    """A password, and the one that takes its place."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"current_password": "une phrase assez longue", "new_password": "une autre phrase"}]
        },
    )

    current_password: Password = Field(validation_alias=AliasChoices("current_password", "old_password"))
    new_password: Password


class RefreshToken(BaseModel):
    """The longer-lived token of an earlier sign-in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "eyJhbGciOi…"}]})

    grant_type: Literal["refresh_token", ""] | None = None
    refresh_token: Annotated[str, StringConstraints(max_length=4000)]


class Tokens(BaseModel):
    """What a sign-in gives: a token to call with, and one to get the next with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOi…",
                    "refresh_token": "eyJhbGciOi…",
                    "token_type": "bearer",
                    "expires_in": 900,
                }
            ]
        }
    )

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="seconds that the access token lives")


class AccountAnswer(BaseModel):
    """Who someone is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"username": "anne", "role": "user", "created_at": "2026-11-25T10:15:00.000000Z"}]
        }
    )

    username: str
    role: Role
    created_at: datetime


class NewKey(BaseModel):
    """A name by which its owner knows a key again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "import de nuit"}]})

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class KeyAnswer(BaseModel):
    """A key of a service, without the key itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0f8fad5bd9cb469fa16570867728950e",
                    "name": "import de nuit",
                    "hint": "ry_Zk3n…",
                    "created_at": "2026-11-25T10:15:00.000000Z",
                    "last_used_at": None,
                }
            ]
        }
    )

    id: str
    name: str
    hint: str = Field(description="how the key begins")
    created_at: datetime
    last_used_at: datetime | None = Field(description="to the minute")


class ShownKey(KeyAnswer):
    """A new key: what is shown this once."""

    key: str = Field(description="send it as X-API-Key; it cannot be shown again")


class Keys(BaseModel):
    """Keys, newest first."""

    items: list[KeyAnswer]
    next: None = None
