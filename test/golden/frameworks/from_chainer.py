# Chainer's RMSprop, and its RMSpropGraves.
#
#   pip install numpy==1.23.5 'setuptools<70' wheel six filelock protobuf==3.20.3 typing_extensions
#   pip install --no-deps --no-build-isolation chainer==7.8.1

import chainer

NAMES = {"decay": "alpha"}


def train_with(make_optimizer):
    def train(options, rates, params, gradients):
        words = {NAMES.get(name, name): value for name, value in options.items()}
        weight_decay = words.pop("weightDecay", None)
        if words.pop("epsilonPlacement", None) == "inside":
            words["eps_inside_sqrt"] = True
        link = chainer.Link()
        with link.init_scope():
            link.w = chainer.Parameter(params)
        optimizer = make_optimizer(**words).setup(link)
        if weight_decay is not None:
            optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(weight_decay))
        for rate, g in zip(rates, gradients):
            optimizer.lr = rate
            link.w.grad = g.copy()
            optimizer.update()
            yield link.w.array

    return train


CASES = [{}, {"decay": 0.5}, {"weightDecay": 0.01}]
RUNS = {
    "chainer": {
        "preset": "chainer",
        "framework": f"Chainer {chainer.__version__}",
        "rate": chainer.optimizers.RMSprop().lr,
        "cases": [*CASES, {"epsilonPlacement": "inside"}],
        "train": train_with(chainer.optimizers.RMSprop),
    },
    "graves": {
        "preset": "graves",
        "framework": f"RMSpropGraves of Chainer {chainer.__version__}",
        "rate": chainer.optimizers.RMSpropGraves().lr,
        "cases": [*CASES, {"momentum": 0.5}],
        "train": train_with(chainer.optimizers.RMSpropGraves),
    },
}
