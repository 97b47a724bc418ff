# The data that every framework trains on, and how a run is written down. Needs numpy alone, but to make the data.

import base64
import gzip
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DATA = HERE / "data.json.gz"
LANES, STEPS = 131, 100
# From this step on the learning rate is the run's own times this factor: only where the rate changes does it show whether
# it enters the momentum buffer or is applied to it.
FACTORS = [(1, 1), (21, 0.3), (61, 2)]
RECORDED = [1, 10, 40, 70, 100]


def encode(array):
    return base64.b64encode(np.asarray(array, "<f4").tobytes()).decode()


def decode(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def write(path, tree):
    path.write_bytes(gzip.compress(json.dumps(tree).encode(), 9, mtime=0))


def read(path):
    return json.loads(gzip.decompress(path.read_bytes()))


def make():
    """Gradients of each lane around a size of its own, 2^-33 to 2^10, of both signs, so that the centred variance is far from
    its rounding errors; some are 0. Every fourth parameter starts from 0: there the smallest update shows all its digits."""
    import sys

    sys.path.append(str(HERE.parent))
    from make import Numbers

    seed = 5
    every = [Numbers("float32", seed, lane, 0) for lane in range(LANES)]

    def gradient(lane, at):
        if lane % 8 == 5 and at.below(2, 6):
            return 0.0
        return at.value(every[lane].exponent(-30, 10) - at.below(4, 7))

    params = [0.0 if lane % 4 == 0 else every[lane].value(lane % 5 - 3) for lane in range(LANES)]
    gradients = [
        [gradient(lane, Numbers("float32", seed, lane, step)) for lane in range(LANES)]
        for step in range(1, STEPS + 1)
    ]
    return {"factors": FACTORS, "params": encode(params), "gradients": encode(gradients)}


def rates(base):
    return [base * [f for first, f in FACTORS if first <= step][-1] for step in range(1, STEPS + 1)]


def record(train, options, base):
    """Parameters after the recorded steps. `train` yields them after every step."""
    data = read(DATA)
    params = decode(data["params"]).copy()
    gradients = decode(data["gradients"]).reshape(STEPS, LANES).copy()
    recorded = {}
    for step, after in enumerate(train(options, rates(base), params, gradients), 1):
        if step in RECORDED:
            recorded[step] = encode(after)
    assert step == STEPS
    return recorded


def distance(one, other):
    """The largest difference of two runs, in ulps of the largest recorded value of its lane."""
    pairs = [(decode(a), decode(b)) for a, b in zip(one.values(), other.values(), strict=True)]
    largest = np.max([np.maximum(np.abs(a), np.abs(b)) for a, b in pairs], axis=0)
    differences = np.max([np.abs(a.astype("f8") - b) for a, b in pairs], axis=0)
    return float(np.max(differences / np.spacing(np.maximum(largest, np.finfo("f4").tiny))))
