# Keras 3 on the backend that KERAS_BACKEND names: torch, jax or tensorflow.
#
#   pip install torch==2.13.0 keras jax tensorflow-cpu
#   for b in torch jax tensorflow; do KERAS_BACKEND=$b python test/golden/frameworks/run.py from_keras; done

import inspect
from importlib.metadata import version

import keras

NAMES = {"decay": "rho", "weightDecay": "weight_decay"}


def train(options, rates, params, gradients):
    variable = keras.Variable(params)
    words = {NAMES.get(name, name): value for name, value in options.items()}
    optimizer = keras.optimizers.RMSprop(**words)
    optimizer.build([variable])
    for rate, g in zip(rates, gradients):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(g)])
        yield keras.ops.convert_to_numpy(variable.value)


BACKEND = keras.backend.backend()
PACKAGE = {"tensorflow": "tensorflow-cpu"}.get(BACKEND, BACKEND)
RUNS = {
    f"keras-{BACKEND}": {
        "preset": "keras",
        "framework": f"Keras {version('keras')} on {BACKEND} {version(PACKAGE).split('+')[0]}",
        "rate": inspect.signature(keras.optimizers.RMSprop).parameters["learning_rate"].default,
        "cases": [
            {},
            {"decay": 0.5},
            {"momentum": 0.9},
            {"centered": True},
            {"momentum": 0.9, "centered": True},
            {"weightDecay": 0.01},
            {"momentum": 0.9, "weightDecay": 0.01},
        ],
        "train": train,
    }
}
