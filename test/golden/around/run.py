# What happens around the step, in other frameworks: one file NAME.json.gz for each.
#
#   python test/golden/around/run.py MODULE...           e.g. from_optax: writes the file of that module
#   python test/golden/around/run.py MODULE... --check   compares with the committed file instead
#
# Each module says what to install. All train the numbers of ../frameworks/data.json.gz, as two tensors, by gradient descent
# with a rate of 1: p - g is rounded once everywhere, so that a difference is one of what became of the gradient.

import importlib
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "frameworks"))
import data

HERE = Path(__file__).parent
LENGTHS = {"weights": 100, "bias": 31}
CALLS = 60
# Parameters are recorded after so many calls of the step: such that also sums of 3 and of 4 calls are complete.
RECORDED = [1, 3, 4, 12, 36, 60]
ALLOWED = 64


def tensors(lanes):
    return {"weights": lanes[:100].copy(), "bias": lanes[100:].copy()}


def read():
    """The parameters to start from, and the gradients of every call."""
    stored = data.read(data.DATA)
    gradients = data.decode(stored["gradients"]).reshape(data.STEPS, data.LANES)
    return tensors(data.decode(stored["params"])), [tensors(g) for g in gradients[:CALLS]]


def lanes(each):
    return np.concatenate([np.asarray(each[name], "<f4") for name in LENGTHS])


def record(case, train):
    """Parameters, and averages and the scale of the loss where there are some. `train` yields them after every call."""
    params, gradients = read()
    for call in case.get("infinite", []):
        gradients[call - 1]["bias"][7] = np.inf
    recorded = {"params": {}, "averages": {}, "scales": []}
    for call, after in enumerate(train(case, params, gradients), 1):
        if "scale" in after:
            recorded["scales"].append(float(after["scale"]))
        for key in ("params", "averages"):
            if key in after and call in RECORDED:
                recorded[key][call] = data.encode(lanes(after[key]))
    assert call == CALLS
    return {key: value for key, value in recorded.items() if value}


def main():
    check = "--check" in sys.argv
    for module in [word for word in sys.argv[1:] if word != "--check"]:
        given = importlib.import_module(module)
        cases = [{**case, **record(case, given.train)} for case in given.CASES]
        path = HERE / f"{module.removeprefix('from_')}.json.gz"
        if not check:
            data.write(path, {"framework": given.FRAMEWORK, "cases": cases})
            print(f"{path.name}: {path.stat().st_size} bytes")
            continue
        for old, new in zip(data.read(path)["cases"], cases, strict=True):
            assert old["options"] == new["options"] and old.get("scales") == new.get("scales"), new["does"]
            ulps = max(data.distance(old[key], new[key]) for key in ("params", "averages") if key in new)
            print(f"{given.FRAMEWORK}, {new['does']}: {ulps:.2g} ulps")
            assert ulps <= ALLOWED


main()
