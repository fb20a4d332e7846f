"""Options of a training as a YAML file: what is written is read, and what is wrong is named."""

from pathlib import Path

import pytest

from train.error import ConfigError, TrainError
from train.options import E5Settings, TrainOptions, read_config, write_config


def test_what_is_written_is_read(tmp_path: Path) -> None:
    options = TrainOptions(text=("linear", "e5"), fine_tune=True, e5=E5Settings(learning_rate=3e-5, layers=6))
    write_config(options, tmp_path / "options.yaml")
    assert TrainOptions.from_mapping(read_config(tmp_path / "options.yaml")) == options


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("wrkers: 2", "wrkers is no option; the nearest is workers"),
        ("e5: {learning_rat: 1}", "e5.learning_rat is no option; the nearest is e5.learning_rate"),
        ("e5: {learning_rate: fast}", "e5.learning_rate should be a valid number"),
        ("e5: {learning_rate: .nan}", "e5.learning_rate should be a finite number"),
        ("workers: 0", "--workers: 0 is too few"),
        ("text: linear,e6", "no expert 'e6'"),
        ("[1, 2]", "is no mapping"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(content: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "options.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError) as refused:
        read_config(file)
    assert reason in str(refused.value) and str(file) in str(refused.value)
    assert refused.value.exit_code == 2


def test_fine_tuning_what_is_not_trained_is_refused() -> None:
    with pytest.raises(TrainError, match="--fine-tune trains e5"):
        TrainOptions(text=("linear",), fine_tune=True)
    with pytest.raises(TrainError, match="--fine-tune-blocks trains lite0"):
        TrainOptions(image=(), fine_tune_blocks=1)
