# Paddle on the CPU.
#
#   pip install paddlepaddle

import paddle

NAMES = {"decay": "rho", "weightDecay": "weight_decay"}


def train(options, rates, params, gradients):
    words = {NAMES.get(name, name): value for name, value in options.items()}
    p = paddle.create_parameter(list(params.shape), "float32")
    p.set_value(params)
    optimizer = paddle.optimizer.RMSProp(rates[0], parameters=[p], **words)
    for rate, g in zip(rates, gradients):
        optimizer.set_lr(rate)
        (p * paddle.to_tensor(g)).sum().backward()  # the gradient is g itself
        optimizer.step()
        optimizer.clear_grad()
        yield p.numpy()


RUNS = {
    "paddle": {
        "preset": "paddle",
        "framework": f"Paddle {paddle.__version__}",
        "cases": [
            {},
            {"decay": 0.5},
            {"momentum": 0.9},
            {"centered": True},
            {"momentum": 0.9, "centered": True},
            {"weightDecay": 0.01},
        ],
        "train": train,
    }
}
