"""Products as the API shows them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from bundle.manifest import CategoryEntry, Manifest
from serve_app.accounts.users import Account
from serve_app.database.tables import Product

EXAMPLE: dict[str, Any] = {
    "id": "5f0c9a2d3eb8c1f0c2a7f94c1c8f6f6f",
    "designation": "Piscine tubulaire ronde 3 m",
    "description": "Avec pompe et échelle",
    "prdtypecode": 2583,
    "name_fr": "Piscine et accessoires",
    "name_en": "Pools and pool equipment",
    "predicted_prdtypecode": 2583,
    "predicted_probability": 0.93,
    "version": "20261125-101500-3f2a",
    "photo": "/api/v1/products/5f0c9a2d3eb8c1f0c2a7f94c1c8f6f6f/photo",
    "mine": True,
    "created_at": "2026-11-25T10:20:00Z",
    "updated_at": "2026-11-25T10:20:00Z",
    "history": [{"prdtypecode": 2583, "given_by": "seller", "given_at": "2026-11-25T10:20:00Z"}],
}


class CategoryGiven(BaseModel):
    """A category that a product was put in."""

    prdtypecode: int
    given_by: Literal["seller", "admin"]
    given_at: datetime


class ProductRecord(BaseModel):
    """A product on its shelf; who sells it is not told."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    designation: str
    description: str
    prdtypecode: int = Field(description="the category now")
    name_fr: str
    name_en: str
    predicted_prdtypecode: int
    predicted_probability: float
    version: str = Field(description="the bundle that predicted")
    photo: str | None = Field(description="path of its photo, or null")
    mine: bool = Field(description="whoever asks is its seller")
    created_at: datetime
    updated_at: datetime
    history: list[CategoryGiven] = Field(description="oldest first")


class NewProductRecord(ProductRecord):
    """A product that was put on its shelf."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "predicted_anew": False}]})

    predicted_anew: bool = Field(
        description="the server predicted: no `prediction_id` was sent, or that of another listing"
    )


class ProductPage(BaseModel):
    """Products, newest first."""

    items: list[ProductRecord]
    next: str | None = Field(description="`cursor` of the next page; null at the end")


class Correction(BaseModel):
    """The category that a product belongs to."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"prdtypecode": 2583}]})

    prdtypecode: StrictInt


class Proposal(BaseModel):
    """A listing to try."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "17",
                    "designation": "Piscine tubulaire ronde 3 m",
                    "description": "",
                    "image_base64": None,
                }
            ]
        }
    )

    id: str = Field(description="its row in the pool")
    designation: str
    description: str
    image_base64: str | None


class Reset(BaseModel):
    """A confirmation that the shelf is to be emptied."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": "reset"}]})

    confirm: Literal["reset"]


class ResetDone(BaseModel):
    """What a reset removed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"removed": 120, "copy": "backups/products-20261125-102000-3f2a"}]}
    )

    removed: int
    copied_to: str | None = Field(
        serialization_alias="copy", description="folder below HOME; null where nothing was removed"
    )


def product_record(product: Product, account: Account, manifest: Manifest, *, root: str) -> dict[str, Any]:
    """The fields of a ProductRecord.

    Args:
        account: who asks.
        manifest: of the served version, which names the categories.
        root: path that the API is mounted at.
    """
    named = (one for one in manifest.categories if one.prdtypecode == product.prdtypecode)
    category = next(named, None) or CategoryEntry.unnamed(product.prdtypecode)
    return {
        "id": product.id,
        "designation": product.designation,
        "description": product.description,
        **category.model_dump(),
        "predicted_prdtypecode": product.predicted_prdtypecode,
        "predicted_probability": product.predicted_probability,
        "version": product.version,
        "photo": f"{root}/products/{product.id}/photo" if product.photo_hash else None,
        "mine": product.seller_id == account.id,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "history": [
            CategoryGiven.model_construct(
                prdtypecode=given.prdtypecode, given_by=given.given_by, given_at=given.given_at
            )
            for given in product.history
        ],
    }
