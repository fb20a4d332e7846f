"""The tables: who, which products, which trainings."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Double, ForeignKey, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from serve_app.database.column import LongText, Number, UtcDateTime, now

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
MYSQL = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
MYSQL |= {name.replace("mysql", "mariadb"): value for name, value in MYSQL.items()}


def new_id() -> str:
    """An id that nobody can guess: 32 hex digits."""
    return secrets.token_hex(16)


class Base(DeclarativeBase):
    """Every table of ours, with names of keys that are the same on every database."""

    metadata = MetaData(naming_convention=CONVENTION)
    __table_args__: Any = MYSQL


class User(Base):
    """Someone with an account.

    Attributes:
        username_key: what is compared: two names that look alike are one.
        role: `user` or `admin`.
        generation: tokens of an earlier one are void; a new password starts a new one.
        proposals: how many listings of the pool were proposed so far.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64))
    username_key: Mapped[str] = mapped_column(String(190), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    generation: Mapped[int] = mapped_column(Integer, default=0)
    proposals: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ApiKey(Base):
    """A key of a service; only its hash is kept.

    Attributes:
        hash: SHA-256 of the key, in hex.
        hint: its first characters, by which its owner knows it again.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class SignInFailures(Base):
    """Wrong passwords of late, by a hash of name and address: no name stands here."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Photo(Base):
    """A stored photo, by the SHA-256 of its file."""

    __tablename__ = "photos"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int] = mapped_column(Integer)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Product(Base):
    """A listing on its shelf, with what was predicted and what the seller chose.

    Attributes:
        number: counts up; what lists are ordered and paged by.
        seller_id: null when the seller has left.
        prdtypecode: the category now; `kept_proposal`: whether the first choice was the predicted one.
        probabilities: prdtypecode (as text) -> probability, of the version that predicted.
    """

    __tablename__ = "products"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(32), unique=True, default=new_id)
    seller_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    designation: Mapped[str] = mapped_column(LongText)
    description: Mapped[str] = mapped_column(LongText)
    photo_hash: Mapped[str | None] = mapped_column(ForeignKey("photos.hash"), index=True)
    prdtypecode: Mapped[int] = mapped_column(BigInteger, index=True)
    predicted_prdtypecode: Mapped[int] = mapped_column(BigInteger)
    predicted_probability: Mapped[float] = mapped_column(Double)
    probabilities: Mapped[dict[str, float]] = mapped_column(JSON)
    version: Mapped[str] = mapped_column(String(64))
    kept_proposal: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    history: Mapped[list["ProductCategory"]] = relationship(
        order_by="ProductCategory.number", cascade="all, delete-orphan", passive_deletes=True
    )


class ProductCategory(Base):
    """A category that a product was given, by its `seller` or by an `admin`."""

    __tablename__ = "product_categories"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    product_number: Mapped[int] = mapped_column(ForeignKey("products.number", ondelete="CASCADE"), index=True)
    prdtypecode: Mapped[int] = mapped_column(BigInteger)
    given_by: Mapped[str] = mapped_column(String(16))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class IdempotencyKey(Base):
    """A request that stored a product: the same one again stores nothing.

    Attributes:
        fingerprint: SHA-256 of what was asked, so that a key used for something else is noticed.
        product_id: may be gone since.
    """

    __tablename__ = "idempotency_keys"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(190), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    product_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class Training(Base):
    """A training that an admin started.

    Attributes:
        mode: `small`, `full` or `fusion`; `state`: `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        active: True while queued or running, else null; unique, so that there is one at most.
        instance: name of the server instance that runs the job `job_id`.
        beat_at: when the job last told that it lives.
        version: the bundle it published.
        log: its last lines; `detail`: why it failed, or what it waits for.
    """

    __tablename__ = "trainings"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(32), unique=True, default=new_id)
    mode: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    active: Mapped[bool | None] = mapped_column(Boolean, unique=True, default=True)
    stage: Mapped[str] = mapped_column(String(100), default="")
    percent: Mapped[float] = mapped_column(Double, default=0.0)
    metrics: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    detail: Mapped[str] = mapped_column(LongText, default="")
    log: Mapped[str] = mapped_column(LongText, default="")
    version: Mapped[str | None] = mapped_column(String(64), default=None)
    promote: Mapped[bool] = mapped_column(Boolean, default=False)
    instance: Mapped[str] = mapped_column(String(64), default="")
    job_id: Mapped[str | None] = mapped_column(String(100), default=None)
    started_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
