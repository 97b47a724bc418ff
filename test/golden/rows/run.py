# What other frameworks do with gradients of some rows of a tensor: frameworks.json.gz.
#
#   python test/golden/rows/run.py            writes the file: pip install tensorflow-cpu torch==2.13.0 numpy
#   python test/golden/rows/run.py --check    compares with the committed file instead
#
# The parameters and gradients are those of ../frameworks/data.json.gz, the first 130 numbers of each, as 13 rows of 10. At
# every step some rows get a gradient, some of them twice, and in no order.

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "frameworks"))
import data

FILE = Path(__file__).parent / "frameworks.json.gz"
ROWS, WIDTH, ALLOWED = 13, 10, 64


def rows_of(step):
    """Five rows or six: of every third step the first comes again."""
    rows = [(step * 5 + k * k * 3) % ROWS for k in range(5)]
    return rows + rows[:1] if step % 3 == 0 else rows


def read():
    """The parameters, and rows and their gradients at every step: those that the lanes of the row have there."""
    stored = data.read(data.DATA)
    table = lambda lanes: lanes[: ROWS * WIDTH].reshape(ROWS, WIDTH).copy()
    gradients = data.decode(stored["gradients"]).reshape(data.STEPS, data.LANES)
    steps = [(rows_of(step), table(lanes)[rows_of(step)]) for step, lanes in enumerate(gradients, 1)]
    return table(data.decode(stored["params"])), steps


def tensorflow(options, params, steps):
    import tensorflow as tf

    variable = tf.Variable(params)
    optimizer = tf.compat.v1.train.RMSPropOptimizer(**options)
    for rows, gradients in steps:
        slices = tf.IndexedSlices(tf.constant(gradients), tf.constant(rows), tf.constant([ROWS, WIDTH]))
        optimizer.apply_gradients([(slices, variable)])
        yield variable.numpy()


def torch(options, params, steps):
    import torch

    parameter = torch.nn.Parameter(torch.tensor(params))
    optimizer = torch.optim.SparseAdam([parameter], **options)
    for rows, gradients in steps:
        parameter.grad = torch.sparse_coo_tensor([rows], torch.tensor(gradients), (ROWS, WIDTH))
        optimizer.step()
        yield parameter.detach().numpy()


RATE = 0.01
# The options as the framework has them, and as this package does. SparseAdam adds epsilon to the root before the bias is
# corrected, not after: with one that is next to nothing it does not show.
CASES = [
    ("TensorFlow", "RMSPropOptimizer", {}, {}),
    ("TensorFlow", "RMSPropOptimizer", {"momentum": 0.9}, {"momentum": 0.9}),
    ("TensorFlow", "RMSPropOptimizer", {"centered": True, "momentum": 0.9}, {"centered": True, "momentum": 0.9}),
    ("PyTorch", "SparseAdam", {"eps": 1e-20}, {"epsilon": 1e-20}),
    ("PyTorch", "SparseAdam", {"betas": (0.5, 0.9), "eps": 1e-20}, {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-20}),
]
FRAMEWORKS = {
    "TensorFlow": (tensorflow, "tensorflow-cpu", lambda options: {"learning_rate": RATE, **options}),
    "PyTorch": (torch, "torch", lambda options: {"lr": RATE, **options}),
}


def make():
    params, steps = read()
    cases = []
    for framework, optimizer, given, options in CASES:
        train, package, withRate = FRAMEWORKS[framework]
        recorded = {}
        for step, after in enumerate(train(withRate(given), params.copy(), steps), 1):
            if step in data.RECORDED:
                recorded[step] = data.encode(after.ravel())
        name = f"{framework} {version(package).split('+')[0]}"
        cases.append({"framework": name, "optimizer": optimizer, "options": {"learningRate": RATE, **options}, "params": recorded})
    return {"rows": [rows for rows, _ in steps], "cases": cases}


def main():
    made = make()
    if "--check" not in sys.argv:
        data.write(FILE, made)
        print(f"{FILE.name}: {FILE.stat().st_size} bytes")
        return
    for old, new in zip(data.read(FILE)["cases"], made["cases"], strict=True):
        assert old["options"] == new["options"]
        ulps = data.distance(old["params"], new["params"])
        print(f"{new['framework']}, {new['options']}: {ulps:.2g} ulps")
        assert ulps <= ALLOWED


main()
