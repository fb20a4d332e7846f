"""Every setting, read once at the edge from the environment (prefix `RAYONNAGE_`)."""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the command line and of the server.

    Example:
        RAYONNAGE_HOME=/srv/rayonnage RAYONNAGE_RATE_ANONYMOUS=0 rayonnage serve
    """

    model_config = SettingsConfigDict(env_prefix="RAYONNAGE_", extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("rayonnage"), description="database, bundles, logs")
    store: str | None = Field(default=None, description="model store: a path, s3:// or gs://; default HOME/models")
    host: str = Field(default="127.0.0.1", description="address that page and API listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="port of page and API")
    device: Literal["cpu", "gpu"] = Field(default="cpu", description="where replicas run their models")
    text_replicas: int = Field(default=1, ge=1, description="replicas of the text model")
    image_replicas: int = Field(default=1, ge=1, description="replicas of the image model")
    router_replicas: int = Field(default=1, ge=1, description="replicas of the router and ingress")
    max_batch: int = Field(default=16, ge=1, le=256, description="listings that cross to a model in one call")
    image_max_bytes: int = Field(default=10_000_000, ge=1, description="largest photo accepted, encoded")
    anonymous_predict: bool | None = Field(default=None, description="predict without signing in; default: demo only")

    @property
    def store_url(self) -> str:
        return self.store or str(self.home / "models")
