# Frameworks that do not install with pip or npm: their formulas, read from the sources that are named, in float64. Not the
# frameworks themselves. Hyperparameters, parameters and averages are float32, as they are stored there; each formula is
# rounded once.
#
#   pip install numpy

import numpy as np

F = np.float32


def train_with(defaults):
    """All of them: epsilon outside the root, the rate applied to the momentum buffer, weight decay in the gradient."""

    def train(options, rates, params, gradients):
        h = {"momentum": 0, "centered": False, "weightDecay": 0, "initial": 0, **defaults, **options}
        decay = F(h["decay"])
        past, present = float(decay), float(F(1) - decay)
        epsilon, momentum, weight_decay = (
            float(F(h[name])) for name in ("epsilon", "momentum", "weightDecay")
        )
        p = params
        v, m, b = np.full_like(p, h["initial"]), np.zeros_like(p), np.zeros_like(p)
        for rate, g in zip(rates, gradients):
            p, v, m, b, g = (x.astype("f8") for x in (p, v, m, b, g))
            g = g + weight_decay * p
            v = past * v + present * g * g
            m = past * m + present * g
            s = v - m * m if h["centered"] else v
            b = momentum * b + g / (np.sqrt(s) + epsilon)
            p = p - float(F(rate)) * b
            p, v, m, b = (x.astype("f4") for x in (p, v, m, b))
            yield p

    return train


CASES = [{}, {"decay": 0.5}, {"weightDecay": 0.01}]
RUNS = {
    # RmsProp.java, RmsPropUpdater.java (the average starts from epsilon) and libnd4j's updaterRmsProp.cpp; L2Regularization
    # is applied before the updater.
    "deeplearning4j": {
        "preset": "deeplearning4j",
        "framework": "Deeplearning4j 1.0.0-M2.1, its formulas in float64",
        "rate": 0.1,
        "cases": CASES,
        "train": train_with({"decay": 0.95, "epsilon": 1e-8, "initial": 1e-8}),
    },
    # src/rules.jl; weight decay as OptimiserChain(WeightDecay(0.01), RMSProp())
    "optimisers-jl": {
        "preset": "optimisersJl",
        "framework": "Optimisers.jl, its formulas in float64",
        "rate": 0.001,
        "cases": [*CASES, {"centered": True}],
        "train": train_with({"decay": 0.9, "epsilon": 1e-8}),
    },
    # crates/burn-core/src/optim/rmsprop.rs
    "burn": {
        "preset": "burn",
        "framework": "burn, its formulas in float64",
        "cases": [*CASES, {"centered": True}, {"momentum": 0}],
        "train": train_with({"decay": 0.99, "epsilon": 1e-5, "momentum": 0.9}),
    },
    # src/caffe/solvers/rmsprop_solver.cpp and sgd_solver.cpp (Regularize), src/caffe/proto/caffe.proto
    "caffe": {
        "preset": "caffe",
        "framework": "Caffe, its formulas in float64",
        "cases": CASES,
        "train": train_with({"decay": 0.99, "epsilon": 1e-8}),
    },
}
