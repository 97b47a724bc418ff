# Keras 3 on PyTorch.
#
#   pip install torch==2.13.0 keras numpy

import os
from importlib.metadata import version

os.environ["KERAS_BACKEND"] = "torch"
import keras  # noqa: E402
import numpy as np  # noqa: E402

FRAMEWORK = f"Keras {version('keras')}"
NAMES = {
    "clipValue": "clipvalue",
    "clipNorm": "clipnorm",
    "clipGlobalNorm": "global_clipnorm",
    "accumulationSteps": "gradient_accumulation_steps",
    "lossScale": "loss_scale_factor",
}


def train(case, params, gradients):
    o = dict(case["options"])
    constraint = keras.constraints.NonNeg() if o.pop("lowerBound", None) == 0 else None
    variables = [keras.Variable(p, name=name) for name, p in params.items()]
    for variable in variables:
        variable.constraint = constraint
    words = {}
    if "averageDecay" in o:
        words = {"use_ema": True, "ema_momentum": o.pop("averageDecay")}
    dynamic = o.pop("dynamicLossScale", False)
    scale, interval = (o.pop("lossScale"), o.pop("lossScaleGrowthInterval")) if dynamic else (None, None)
    if "weightDecay" in o:
        assert o.pop("weightDecayMode") == "decoupled"
        words["weight_decay"] = o.pop("weightDecay")
    words.update({NAMES[name]: value for name, value in o.items()})
    inner = optimizer = keras.optimizers.SGD(learning_rate=1.0, **words)
    if dynamic:
        optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=scale, dynamic_growth_steps=interval)
    optimizer.build(variables)
    for given in gradients:
        factor = np.float32(keras.ops.convert_to_numpy(optimizer.dynamic_scale)) if dynamic else np.float32(1)
        optimizer.apply([keras.ops.convert_to_tensor(g * factor) for g in given.values()])
        named = lambda values: dict(zip(given, map(keras.ops.convert_to_numpy, values), strict=True))
        after = {"params": named(v.value for v in variables)}
        if dynamic:
            after["scale"] = keras.ops.convert_to_numpy(optimizer.dynamic_scale)
        if "use_ema" in words:
            after["averages"] = named(v.value for v in inner._model_variables_moving_average)
        yield after


CASES = [
    {"does": "clipvalue", "options": {"clipValue": 0.3}},
    {"does": "clipnorm", "options": {"clipNorm": 400}},
    {"does": "global_clipnorm", "options": {"clipGlobalNorm": 800}},
    {"does": "gradient_accumulation_steps of 4", "options": {"accumulationSteps": 4}},
    {"does": "gradient_accumulation_steps of 3, and clipvalue", "options": {"accumulationSteps": 3, "clipValue": 0.3}},
    {"does": "loss_scale_factor", "options": {"lossScale": 1024}},
    {"does": "loss_scale_factor, no power of 2", "options": {"lossScale": 1000}},
    {
        "does": "LossScaleOptimizer",
        "options": {"dynamicLossScale": True, "lossScale": 1024, "lossScaleGrowthInterval": 5},
        "infinite": [1, 2, 11, 30, 31, 50],
    },
    {"does": "use_ema", "options": {"averageDecay": 0.9}},
    {"does": "constraints.NonNeg", "options": {"lowerBound": 0}},
    {
        "does": "clipvalue before weight_decay",
        "options": {"clipValue": 0.3, "weightDecay": 0.0625, "weightDecayMode": "decoupled"},
    },
]
