# PyTorch and two optimizers written on it.
#
#   pip install torch==2.13.0 numpy stable-baselines3 && pip install --no-deps timm
#
# Square roots are patched as in ../make.py, which says why.

import importlib
import inspect
import sys
import types
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import torch
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike

sys.path.append(str(Path(__file__).parents[1]))
import make  # noqa: F401, patches the square roots


def timm_optimizer():
    """timm.optim alone: the rest of timm wants torchvision."""
    folder = Path(find_spec("timm").origin).parent
    for name in ("timm", "timm.optim"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    return importlib.import_module("timm.optim.rmsprop_tf").RMSpropTF


NAMES = {"decay": "alpha", "weightDecay": "weight_decay"}
FLAGS = {
    ("momentumScaling", "gradient"): {"lr_in_momentum": False},
    ("weightDecayMode", "decoupled"): {"decoupled_decay": True},
}


def translate(options):
    words = {}
    for name, value in options.items():
        words.update(FLAGS.get((name, value)) or {NAMES.get(name, name): value})
    return words


def train_with(make_optimizer):
    def train(options, rates, params, gradients):
        p = torch.nn.Parameter(torch.from_numpy(params))
        optimizer = make_optimizer([p], **translate(options))
        for rate, g in zip(rates, gradients):
            optimizer.param_groups[0]["lr"] = rate
            p.grad = torch.from_numpy(g)
            optimizer.step()
            yield p.detach().numpy()

    return train


def default_rate(optimizer):
    return inspect.signature(optimizer).parameters["lr"].default


def torch_rmsprop(*args, **options):
    return torch.optim.RMSprop(*args, **options, foreach=False)


COMMON = [
    {},
    {"decay": 0.5},
    {"momentum": 0.9},
    {"weightDecay": 0.01},
    {"momentum": 0.9, "weightDecay": 0.01},
]
CENTERED = [{"centered": True}, {"momentum": 0.9, "centered": True}]
RMSpropTF = timm_optimizer()

RUNS = {
    "pytorch": {
        "preset": "pytorch",
        "framework": f"PyTorch {version('torch').split('+')[0]}",
        "rate": default_rate(torch.optim.RMSprop),
        "cases": COMMON + CENTERED,
        "train": train_with(torch_rmsprop),
    },
    "timm": {
        "preset": "timm",
        "framework": f"timm {version('timm')}",
        "rate": default_rate(RMSpropTF),
        "cases": [
            *COMMON,
            *CENTERED,
            {"weightDecay": 0.01, "weightDecayMode": "decoupled"},
            {"momentum": 0.9, "momentumScaling": "gradient"},
        ],
        "train": train_with(lambda *args, **options: RMSpropTF(*args, **options, foreach=False)),
    },
    "stable-baselines3": {
        "preset": "stableBaselines3",
        "framework": f"Stable-Baselines3 {version('stable-baselines3')}",
        "rate": default_rate(RMSpropTFLike),
        "cases": COMMON,
        "train": train_with(RMSpropTFLike),
    },
    # Apart, because its average of gradients is not rounded as PyTorch's.
    "stable-baselines3-centered": {
        "preset": "stableBaselines3",
        "framework": f"Stable-Baselines3 {version('stable-baselines3')}, centred",
        "rate": default_rate(RMSpropTFLike),
        "cases": [*CENTERED, {"centered": True, "decay": 0.5, "weightDecay": 0.01}],
        "train": train_with(RMSpropTFLike),
    },
}
