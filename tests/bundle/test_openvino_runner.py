"""What runs OpenVINO's models on the CPU."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import rayonnage

STOPPED = """
import os, signal, sys
from bundle.lite0 import build_lite0, load_lite0_weights
from bundle.openvino_runner import OpenvinoRunner

signal.signal(int(sys.argv[1]), lambda *_: sys.exit(7))
runners = [OpenvinoRunner(build_lite0(load_lite0_weights()), threads=1) for _ in range(3)]
while runners:
    runners.pop(0)
os.kill(os.getpid(), int(sys.argv[1]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_whose_first_models_are_gone_can_still_be_stopped(number: signal.Signals) -> None:
    root = Path(rayonnage.__file__).parent
    command = [sys.executable, "-c", STOPPED, str(int(number))]
    assert subprocess.run(command, cwd=root, check=False, timeout=120).returncode == 7
