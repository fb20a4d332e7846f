"""Accounts, products and trainings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from serve_app.database.column import LongText, Number, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
MYSQL |= {name.replace("mysql", "mariadb"): value for name, value in MYSQL.items()}


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_photos"),
        **MYSQL,
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_failures"),
        **MYSQL,
    )
    op.create_index("ix_sign_in_failures_since", "sign_in_failures", ["since"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_key", sa.String(length=190), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("proposals", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username_key", name="uq_users_username_key"),
        **MYSQL,
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_keys_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("hash", name="uq_api_keys_hash"),
        **MYSQL,
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=190), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_idempotency_keys_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_idempotency_keys"),
        **MYSQL,
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "products",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seller_id", sa.String(length=32), nullable=True),
        sa.Column("designation", LongText, nullable=False),
        sa.Column("description", LongText, nullable=False),
        sa.Column("photo_hash", sa.String(length=64), nullable=True),
        sa.Column("prdtypecode", sa.BigInteger(), nullable=False),
        sa.Column("predicted_prdtypecode", sa.BigInteger(), nullable=False),
        sa.Column("predicted_probability", sa.Double(), nullable=False),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("kept_proposal", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["photo_hash"], ["photos.hash"], name="fk_products_photo_hash"),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name="fk_products_seller_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("number", name="pk_products"),
        sa.UniqueConstraint("id", name="uq_products_id"),
        **MYSQL,
    )
    op.create_index("ix_products_created_at", "products", ["created_at"], unique=False)
    op.create_index("ix_products_photo_hash", "products", ["photo_hash"], unique=False)
    op.create_index("ix_products_prdtypecode", "products", ["prdtypecode"], unique=False)
    op.create_index("ix_products_seller_id", "products", ["seller_id"], unique=False)
    op.create_table(
        "trainings",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("stage", sa.String(length=100), nullable=False),
        sa.Column("percent", sa.Double(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=True),
        sa.Column("detail", LongText, nullable=False),
        sa.Column("log", LongText, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("promote", sa.Boolean(), nullable=False),
        sa.Column("instance", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.String(length=100), nullable=True),
        sa.Column("started_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"], name="fk_trainings_started_by", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("number", name="pk_trainings"),
        sa.UniqueConstraint("active", name="uq_trainings_active"),
        sa.UniqueConstraint("id", name="uq_trainings_id"),
        **MYSQL,
    )
    op.create_table(
        "product_categories",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("product_number", Number, nullable=False),
        sa.Column("prdtypecode", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_number"], ["products.number"], name="fk_product_categories_product_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_product_categories"),
        **MYSQL,
    )
    op.create_index("ix_product_categories_product_number", "product_categories", ["product_number"], unique=False)


def downgrade() -> None:
    op.drop_table("product_categories")
    op.drop_table("trainings")
    op.drop_table("products")
    op.drop_table("idempotency_keys")
    op.drop_table("api_keys")
    op.drop_table("users")
    op.drop_table("sign_in_failures")
    op.drop_table("photos")
