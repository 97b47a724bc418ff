# optax.rmsprop, compiled by jax.jit.
#
#   pip install jax optax

from importlib.metadata import version

import jax
import optax

NAMES = {"initialSquareAverage": "initial_scale", "biasCorrection": "bias_correction"}


def translate(options):
    words = {NAMES.get(name, name): value for name, value in options.items()}
    if words.pop("epsilonPlacement", "inside") == "outside":
        words["eps_in_sqrt"] = False
    return words


def train(options, rates, params, gradients):
    optimizer = optax.inject_hyperparams(
        optax.rmsprop,
        static_args=("centered", "nesterov", "eps_in_sqrt", "bias_correction"),
    )(learning_rate=rates[0], **translate(options))
    p = jax.numpy.asarray(params)
    state = optimizer.init(p)

    @jax.jit
    def step(p, g, state, rate):
        state.hyperparams["learning_rate"] = rate
        updates, state = optimizer.update(g, state, p)
        return optax.apply_updates(p, updates), state

    for rate, g in zip(rates, gradients):
        p, state = step(p, g, state, rate)
        yield p


RUNS = {
    "optax": {
        "preset": "optax",
        "framework": f"optax {version('optax')} on jax {version('jax')}",
        "cases": [
            {},
            {"decay": 0.5},
            {"momentum": 0.9},
            {"momentum": 0.9, "nesterov": True},
            {"centered": True},
            {"momentum": 0.9, "nesterov": True, "centered": True},
            {"initialSquareAverage": 0.5},
            {"epsilonPlacement": "outside"},
            {"epsilonPlacement": "outside", "momentum": 0.9},
            {"biasCorrection": True},
            {"biasCorrection": True, "epsilonPlacement": "outside"},
            {"biasCorrection": True, "decay": 0.99, "momentum": 0.9, "initialSquareAverage": 0.5},
        ],
        "train": train,
    }
}
