# TensorFlow 1's optimizer, which calls the raw operations ResourceApplyRMSProp and ResourceApplyCenteredRMSProp.
#
#   pip install tensorflow-cpu

from importlib.metadata import version

import tensorflow as tf


def train(options, rates, params, gradients):
    variable = tf.Variable(params)
    rate = rates[0]
    optimizer = tf.compat.v1.train.RMSPropOptimizer(lambda: rate, **options)
    for rate, g in zip(rates, gradients):
        optimizer.apply_gradients([(tf.constant(g), variable)])
        yield variable.numpy()


RUNS = {
    "tensorflow1": {
        "preset": "tensorflow1",
        "framework": f"tf.compat.v1 of TensorFlow {version('tensorflow-cpu')}",
        "cases": [
            {},
            {"decay": 0.5},
            {"momentum": 0.9},
            {"centered": True},
            {"momentum": 0.9, "centered": True},
        ],
        "train": train,
    }
}
