# Keras 3 on the backend that KERAS_BACKEND names: torch, jax or tensorflow.
#
#   pip install torch==2.13.0 keras jax tensorflow-cpu
#   for b in torch jax tensorflow; do KERAS_BACKEND=$b python test/golden/frameworks/run.py from_keras; done

import inspect
from importlib.metadata import version

import keras

NAMES = {"decay": "rho", "weightDecay": "weight_decay"}


BACKEND = keras.backend.backend()


def eager(optimizer, variable):
    def step(g):
        optimizer.apply([keras.ops.convert_to_tensor(g)])
        return variable.value

    return step


def compiled(optimizer, variable):
    """As `fit` does it: by jax.jit, or by tf.function with XLA."""
    if BACKEND == "jax":
        import jax

        apply = jax.jit(optimizer.stateless_apply)

        def step(g):
            state = [v.value for v in optimizer.variables]
            [p], state = apply(state, [jax.numpy.asarray(g)], [variable.value])
            variable.assign(p)
            for v, value in zip(optimizer.variables, state, strict=True):
                v.assign(value)
            return p

        return step

    import tensorflow as tf

    apply = tf.function(lambda g: optimizer.apply([g]), jit_compile=True)

    def step(g):
        apply(tf.constant(g))
        return variable.value

    return step


def train_with(make_step):
    def train(options, rates, params, gradients):
        variable = keras.Variable(params)
        words = {NAMES.get(name, name): value for name, value in options.items()}
        optimizer = keras.optimizers.RMSprop(**words)
        optimizer.build([variable])
        step = make_step(optimizer, variable)
        for rate, g in zip(rates, gradients):
            optimizer.learning_rate = rate
            yield keras.ops.convert_to_numpy(step(g))

    return train


PACKAGE = {"tensorflow": "tensorflow-cpu"}.get(BACKEND, BACKEND)
FRAMEWORK = f"Keras {version('keras')} on {BACKEND} {version(PACKAGE).split('+')[0]}"
MODES = {"": eager} if BACKEND == "torch" else {"": eager, "compiled": compiled}
RUNS = {
    "-".join(filter(None, ["keras", BACKEND, mode])): {
        "preset": "keras",
        "framework": ", ".join(filter(None, [FRAMEWORK, mode])),
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
        "train": train_with(make_step),
    }
    for mode, make_step in MODES.items()
}
