# MLX on the CPU.
#
#   pip install 'mlx[cpu]' numpy

from importlib.metadata import version

import mlx.core as mx
import numpy as np
from mlx.optimizers import RMSprop

NAMES = {"decay": "alpha"}


def train(options, rates, params, gradients):
    words = {NAMES.get(name, name): value for name, value in options.items()}
    optimizer = RMSprop(rates[0], **words)
    p = {"p": mx.array(params)}
    for rate, g in zip(rates, gradients):
        optimizer.learning_rate = rate
        p = optimizer.apply_gradients({"p": mx.array(g)}, p)
        mx.eval(p, optimizer.state)
        yield np.array(p["p"])


RUNS = {
    "mlx": {
        "preset": "mlx",
        "framework": f"MLX {version('mlx')}",
        "cases": [{}, {"decay": 0.5}],
        "train": train,
    }
}
