"""Every setting, read once at the edge from the environment (prefix `RAYONNAGE_`)."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from datasets.bundled import sample_path

PATH_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
"""It is written into pages: letters, digits and harmless signs only."""


def _path_prefix(text: str) -> str:
    prefix = f"/{text.strip('/')}".rstrip("/")
    if not PATH_PREFIX.fullmatch(prefix):
        raise ValueError("is no path like /shop (letters, digits and . _ ~ - between its slashes)")
    return prefix


def _web_address(text: str | None) -> str | None:
    if not text:
        return None
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("is no address like http://tracking.example:5000")
    return text


WebAddress = Annotated[str | None, AfterValidator(_web_address)]
PathPrefix = Annotated[str, AfterValidator(_path_prefix)]


class Settings(BaseSettings):
    """Settings of the command line and of the server.

    Example:
        RAYONNAGE_HOME=/srv/rayonnage RAYONNAGE_RATE_ANONYMOUS=0 rayonnage serve
    """

    model_config = SettingsConfigDict(env_prefix="RAYONNAGE_", env_ignore_empty=True, extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("rayonnage"), description="database, bundles, logs")
    store: str | None = Field(default=None, description="model store: a path, s3:// or gs://; default HOME/models")
    host: str = Field(default="127.0.0.1", description="address that page and API listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="port of page and API")
    device: Literal["cpu", "gpu"] = Field(default="cpu", description="where replicas run their models")
    text_replicas: int = Field(default=1, ge=1, description="replicas of the text model")
    image_replicas: int = Field(default=1, ge=1, description="replicas of the image model")
    router_replicas: int = Field(default=1, ge=1, description="replicas of the router and ingress")
    # A training on a machine of 2 cores needs a whole one: all replicas and the page reserve less than that together.
    text_cpus: float = Field(default=0.3, gt=0, description="CPU that one text replica reserves")
    image_cpus: float = Field(default=0.3, gt=0, description="CPU that one image replica reserves")
    router_cpus: float = Field(default=0.2, gt=0, description="CPU that one router replica reserves")
    model_threads: int | None = Field(default=None, ge=1, description="threads of one model; default: all cores")
    max_batch: int = Field(default=16, ge=1, le=256, description="listings that cross to a model in one call")
    model_deadline_s: float = Field(default=15.0, gt=0, description="a model slower than this counts as lost")
    text_max_chars: int = Field(default=20_000, ge=1, description="longest designation or description accepted")
    image_max_bytes: int = Field(default=10_000_000, ge=1, description="largest photo accepted, encoded")
    batch_max_bytes: int = Field(default=100_000_000, ge=1, description="largest body of /predict/batch")
    proxy: Literal["haproxy", "ray"] | None = Field(default=None, description="default: haproxy where it is installed")
    object_store_bytes: int = Field(default=200_000_000, ge=80_000_000, description="shared memory of Ray")
    database: str | None = Field(default=None, description="SQLite or MySQL/MariaDB URL; default a file in HOME")
    photos: str | None = Field(default=None, description="photos of products: a path or URL; default HOME/photos")
    data: str | None = Field(default=None, description="folders that trainings learn from; default: the sample")
    pool: Path | None = Field(default=None, description="folder of unlabelled listings to propose; default: the sample")
    registration: bool | None = Field(default=None, description="anyone may register; default: demo only")
    anonymous_predict: bool | None = Field(default=None, description="predict without signing in; default: demo only")
    signing_key: SecretStr | None = Field(default=None, description="signs tokens; default: a generated file in HOME")
    access_token_s: int = Field(default=900, ge=10, description="life of an access token")
    refresh_token_s: int = Field(default=14 * 86_400, ge=10, description="life of a refresh token")
    lockout_failures: int = Field(default=10, ge=1, description="wrong passwords for a name before it waits")
    lockout_s: int = Field(default=300, ge=1, description="how long it waits")
    rate_anonymous: float = Field(default=5.0, ge=0, description="requests a second and address; 0: no limit")
    rate_user: float = Field(default=50.0, ge=0, description="requests a second and user; 0: no limit")
    trusted_proxies: str = Field(default="", description="addresses or networks whose X-Forwarded-… headers count")
    page_secret: SecretStr = Field(
        default=SecretStr(""), description="by which the API knows its page; made anew at each start"
    )
    cors_origins: str = Field(default="", description="web origins that may call the API, with commas; * for any")
    root_path: PathPrefix = Field(default="", description="path prefix that a reverse proxy takes off, like /shop")
    tensorboard_url: WebAddress = Field(default=None, description="where TensorBoard answers; admins get a link")
    mlflow_url: WebAddress = Field(default=None, description="where MLflow answers; admins get a link")
    mlflow_uri: str | None = Field(
        default=None, description="where MLflow records trainings: a server or database; off; default: HOME/mlflow"
    )
    dashboard_url: WebAddress = Field(default=None, description="where Ray's dashboard answers; admins get a link")
    max_waiting: int = Field(default=256, ge=1, description="listings a router answers at one time; more get 503")

    @property
    def store_url(self) -> str:
        return self.store or str(self.home / "models")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.home.expanduser().absolute() / 'rayonnage.db'}"

    @property
    def data_folders(self) -> list[Path]:
        """The folders of `data`, which separates them as PATH does.

        Raises:
            FolderError: none is named, and this installation has no sample.
        """
        if self.data:
            return [Path(folder).expanduser() for folder in self.data.split(os.pathsep) if folder]
        return [sample_path()]

    @property
    def photos_url(self) -> str:
        return self.photos or str(self.home / "photos")

    @property
    def cache(self) -> Path:
        """Features of frozen backbones, kept between trainings."""
        return self.home / "cache"
