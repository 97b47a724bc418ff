# Makes prodigy.json.gz: what the authors' Prodigy computes where its steps are those of ProdigyRMSprop.
#
#   pip install prodigyopt==1.1.2 torch==2.13.0 numpy
#   python test/golden/make_prodigy.py           writes prodigy.json.gz next to this file
#   python test/golden/make_prodigy.py --check   compares with the committed file, fails if a number differs
#
# Without momentum: a beta1 of 0 would take the new estimate for the step that leads to it, one of 1e-30 leaves nothing of
# the average and takes the one before. epsilon is next to 0, since theirs is multiplied by the new estimate. Square roots and the
# CPU: see make.py. Of tensors of up to 511 numbers the sample of ProdigyRMSprop has all.

import gzip
import json
import math
import sys
from pathlib import Path

import torch
from make import check_cpu
from prodigyopt import Prodigy

FIXTURE = Path(__file__).with_name("prodigy.json.gz")
STEPS = 200
RECORDED = (1, 2, 10, 50, 100, 200)
LENGTHS = (300, 16, 5)

CASES = [
    {"learningRate": 1e-3, "decay": 0.95},
    {"learningRate": 1e-6, "decay": 0.95},
    {"learningRate": 1e-5, "decay": 0.999},
    {"learningRate": 1e-4, "decay": 0.5, "weightDecay": 0.01},
]


def curve(length):
    """Curvatures and optima: exact in both types, so that every language has the same."""
    curvatures = [(1 + (7 * i) % 13) / 8 for i in range(length)]
    optima = [((5 * i) % 11 - 5) / 4 for i in range(length)]
    return curvatures, optima


def factor(step):
    """A line that falls to 0, in numbers that are exact."""
    return (256 - step) / 256


def run(options):
    curves = [curve(length) for length in LENGTHS]
    params = [
        torch.nn.Parameter(torch.tensor([(i % 3 - 1) / 16 for i in range(length)], dtype=torch.float64))
        for length in LENGTHS
    ]
    optimizer = Prodigy(
        params,
        lr=1,
        betas=(1e-30, options["decay"]),
        eps=1e-300,
        weight_decay=options.get("weightDecay", 0),
        decouple=True,
        d0=options["learningRate"],
    )
    recorded = []
    for step in range(1, STEPS + 1):
        optimizer.param_groups[0]["lr"] = factor(step - 1)
        for p, (curvatures, optima) in zip(params, curves):
            c, t = (torch.tensor(x, dtype=torch.float64) for x in (curvatures, optima))
            # A wave keeps all gradients away from 0.
            p.grad = c * (p.detach() - t) + (9 if step % 2 else -9) / 256
        optimizer.step()
        if step in RECORDED:
            values = [p.detach()[:16].tolist() for p in params]
            assert all(math.isfinite(x) for value in values for x in value)
            recorded.append({"step": step, "distance": optimizer.param_groups[0]["d"], "params": values})
    return {"options": options, "recorded": recorded}


if __name__ == "__main__":
    check_cpu()
    made = json.dumps({"prodigyopt": "1.1.2", "cases": [run(o) for o in CASES]}, separators=(",", ":"))
    if "--check" in sys.argv:
        assert gzip.decompress(FIXTURE.read_bytes()).decode() == made, "the results differ"
    else:
        FIXTURE.write_bytes(gzip.compress(made.encode(), 9, mtime=0))
