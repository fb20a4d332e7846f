"""What to train, and with which hyper-parameters: by the command line, or by a YAML file that says the same."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from bundle.manifest import Manifest, Modality
from train.error import ConfigError, TrainError

MODALITY: dict[str, Modality] = {"linear": "text", "e5": "text", "bigru": "text", "lite0": "image", "vgg16": "image"}
"""Every expert there is, and what it reads."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
Above0 = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
CountOrAuto = Annotated[int, Field(ge=0)]


@checked(frozen=True, config=_STRICT)
class LinearSettings:
    """Of `linear`.

    Attributes:
        inverse_regularisation: C of the support vector machines; on real listings 0.5 and 1 were no better.
    """

    inverse_regularisation: Above0 = 0.2


@checked(frozen=True, config=_STRICT)
class E5Settings:
    """Of `e5`: the head's on frozen vectors, and with `fine_tune` those of the whole network.

    Attributes:
        inverse_regularisation: C of the head, on standardised vectors; 0.01 is as good on real listings, and carries
            over less from others to them.
        epochs: of fine-tuning, at most.
        layers: of the encoder's twelve that are trained, counted from the end.
        learning_rate: highest, after the warm-up.
        warm_up: share of all steps in which the learning rate rises.
        label_smoothing: share of the target that is spread over all categories.
    """

    inverse_regularisation: Above0 = 0.003
    epochs: Count = 4
    layers: Annotated[int, Field(ge=1, le=12)] = 12
    learning_rate: Above0 = 1e-4
    warm_up: Share = 0.1
    label_smoothing: Share = 0.05
    batch_size: Count = 32


@checked(frozen=True, config=_STRICT)
class BigruSettings:
    """Of `bigru`. `batch_size` is over all workers; 0 lets the number of rows decide."""

    epochs: Count = 10
    learning_rate: Above0 = 1e-3
    dropout: Share = 0.3
    label_smoothing: Share = 0.0
    batch_size: CountOrAuto = 0


@checked(frozen=True, config=_STRICT)
class Lite0Settings:
    """Of `lite0`.

    Attributes:
        inverse_regularisation: C on standardised features; 0.001 and 0.01 were within a point of F1 on 1,842 photos.
        epochs, learning_rate, batch_size: of fine-tuning the backbone's last blocks.
    """

    inverse_regularisation: Above0 = 0.003
    epochs: Count = 6
    learning_rate: Above0 = 3e-4
    batch_size: Count = 32


@checked(frozen=True, config=_STRICT)
class Vgg16Settings:
    """Of `vgg16`'s head. `batch_size` 0 lets the number of rows decide."""

    epochs: Count = 10
    learning_rate: Above0 = 1e-4
    batch_size: CountOrAuto = 0


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What to train.

    Attributes:
        text, image: names of experts; () leaves the modality out.
        image_weights: of vgg16's backbone: `imagenet`, `none`, or a local file.
        epochs: of every expert that Keras trains, at most (the best one is kept); None: each expert's own.
        fine_tune: train all of `e5`, not only a head.
        fine_tune_blocks: blocks of `lite0`'s backbone that are trained with its head, counted from the end.
        batch_size: of every expert that Keras trains, over all workers; None: each expert's own.
        workers: processes of Ray Train, over all machines; the batch stays the same.
        gpus_per_worker: 0 trains on the CPU, and None on a GPU where every worker can have one.
    """

    text: tuple[str, ...] = ("linear", "e5")
    image: tuple[str, ...] = ("lite0",)
    image_weights: str = "imagenet"
    epochs: int | None = None
    seed: int = 7
    fine_tune: bool = False
    fine_tune_blocks: int = 0
    batch_size: int | None = None
    workers: int = 1
    gpus_per_worker: float | None = None
    linear: LinearSettings = field(default_factory=LinearSettings)
    e5: E5Settings = field(default_factory=E5Settings)
    bigru: BigruSettings = field(default_factory=BigruSettings)
    lite0: Lite0Settings = field(default_factory=Lite0Settings)
    vgg16: Vgg16Settings = field(default_factory=Vgg16Settings)

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """What a bundle was trained with; settings that this program has no more are left out."""
        return cls.from_mapping(_known(manifest.training))

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """Options of plain values, as `asdict` gives them or YAML says them; what is not given has its default.

        Raises:
            ValidationError, TrainError: a value is of the wrong kind, or makes no sense.
        """
        names = {m: given[m].split(",") for m in ("text", "image") if isinstance(given.get(m), str)}
        options: Self = _ADAPTER.validate_python({**given, **names})
        return options

    def as_dict(self) -> dict[str, Any]:
        """Plain values that YAML and JSON can hold, the inverse of `from_mapping`."""
        plain = asdict(self)
        return plain | {"text": list(self.text), "image": list(self.image)}

    @property
    def by_keras(self) -> list[str]:
        """Experts that are trained by Keras, through Ray Train."""
        trained = {"bigru": True, "vgg16": True, "e5": self.fine_tune, "lite0": self.fine_tune_blocks > 0}
        return [name for name in (*self.text, *self.image) if trained.get(name)]

    def epochs_of(self, expert: str) -> int:
        """Epochs that Keras trains an expert for, at most."""
        return self.epochs or getattr(self, expert).epochs

    def __post_init__(self) -> None:
        for modality, chosen in (("text", self.text), ("image", self.image)):
            known = [name for name, reads in MODALITY.items() if reads == modality]
            for name in chosen:
                if name not in known:
                    raise TrainError(f"--{modality}: no expert {name!r} (known: {', '.join(known)})")
            if len(set(chosen)) < len(chosen):
                raise TrainError(f"--{modality}: an expert is named twice in {','.join(chosen)}")
        if not self.text and not self.image:
            raise TrainError("nothing to train: name at least one expert with --text or --image")
        for name in ("epochs", "batch_size", "workers", "fine_tune_blocks", "gpus_per_worker"):
            value, least = getattr(self, name), 1 if name in ("epochs", "batch_size", "workers") else 0
            if value is not None and value < least:
                raise TrainError(f"--{name.replace('_', '-')}: {value} is too few, give at least {least}")
        if self.fine_tune and "e5" not in self.text:
            raise TrainError("--fine-tune trains e5, which --text does not name")
        if self.fine_tune_blocks and "lite0" not in self.image:
            raise TrainError("--fine-tune-blocks trains lite0, which --image does not name")


_ADAPTER: TypeAdapter[Any] = TypeAdapter(TrainOptions)


def read_config(path: Path) -> dict[str, Any]:
    """The options that a YAML file gives.

    Raises:
        ConfigError: not to be read, or a key is unknown (the nearest known one is named), or a value is of no use.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from error
    if not isinstance(given, dict):
        raise ConfigError(str(path), "is no mapping of names to values, such as `seed: 7`")
    _check_keys(str(path), given)
    try:
        TrainOptions.from_mapping(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].replace("Input should", "should")
        raise ConfigError(str(path), f"{place} {reason}, not {first['input']!r}") from error
    except TrainError as error:
        raise ConfigError(str(path), str(error)) from error
    return given


def write_config(options: TrainOptions, path: Path) -> None:
    """Write options as a YAML file that `read_config` and `rayonnage train --config` read."""
    path.write_text(yaml.safe_dump(options.as_dict(), sort_keys=False), encoding="utf-8")


def _check_keys(file: str, given: Mapping[Any, Any]) -> None:
    known = _known_keys()
    written = [(str(key), str(key)) for key in given]
    for group, inside in given.items():
        if isinstance(inside, dict):
            written += [(f"{group}.{key}", str(key)) for key in inside]
    for whole, key in written:
        if whole not in known:
            likeness = {name: _likeness(whole, name) + _likeness(key, name.rpartition(".")[2]) for name in known}
            nearest = max(likeness, key=lambda name: likeness[name])
            raise ConfigError(file, f"{whole} is no option; the nearest is {nearest}")


def _known_keys() -> list[str]:
    keys = []
    for option in fields(TrainOptions):
        settings = option.default_factory
        keys += [option.name]
        keys += [f"{option.name}.{own.name}" for own in fields(settings)] if is_dataclass(settings) else []
    return keys


def _likeness(word: str, other: str) -> float:
    return difflib.SequenceMatcher(None, word, other).ratio()


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Without what this program does not know: a bundle may be older or newer."""
    kept: dict[str, Any] = {}
    for option in fields(TrainOptions):
        if option.name not in given:
            continue
        value, settings = given[option.name], option.default_factory
        if is_dataclass(settings) and isinstance(value, dict):
            names = {own.name for own in fields(settings)}
            value = {name: own for name, own in value.items() if name in names}
        kept[option.name] = value
    return kept
