# MXNet 2, whose plain and centred forms place epsilon differently.
#
#   pip install numpy==1.23.5 requests graphviz && pip install --no-deps mxnet==2.0.0b1

import inspect

import mxnet

NAMES = {"decay": "rho", "weightDecay": "wd"}


def train_with(**fixed):
    def train(options, rates, params, gradients):
        words = {NAMES.get(name, name): value for name, value in options.items()}
        optimizer = mxnet.optimizer.RMSProp(**fixed, **words)
        p = mxnet.nd.array(params)
        state = optimizer.create_state(0, p)
        for rate, g in zip(rates, gradients):
            optimizer.set_learning_rate(rate)
            optimizer.update([0], [p], [mxnet.nd.array(g)], [state])
            yield p.asnumpy()

    return train


RATE = inspect.signature(mxnet.optimizer.RMSProp).parameters["learning_rate"].default
CASES = [{}, {"decay": 0.5}, {"weightDecay": 0.01}]
RUNS = {
    "mxnet": {
        "preset": "mxnet",
        "framework": f"MXNet {mxnet.__version__}",
        "rate": RATE,
        "cases": CASES,
        "train": train_with(),
    },
    "mxnet-centered": {
        "preset": "mxnetCentered",
        "framework": f"MXNet {mxnet.__version__}, centred",
        "rate": RATE,
        "cases": [*CASES, {"momentum": 0.5}],
        "train": train_with(centered=True),
    },
}
