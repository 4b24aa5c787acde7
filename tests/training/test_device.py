from __future__ import annotations

import pytest
import torch

from hitsieve.errors import ConfigError
from hitsieve.training.device import fitting_device

absent = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


def test_the_processor_unless_asked() -> None:
    assert fitting_device("cpu") == torch.device("cpu")


@absent
def test_auto_takes_what_is_there() -> None:
    assert fitting_device("auto") == torch.device("cpu")


@absent
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match="no GPU") as caught:
        fitting_device("cuda")
    assert "training.device=cpu" in caught.value.cure
