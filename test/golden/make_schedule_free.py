# Makes schedule-free.json.gz: what the authors' Schedule-Free optimizers compute.
#
#   pip install schedulefree==1.4.1 torch==2.13.0 numpy
#   python test/golden/make_schedule_free.py           writes schedule-free.json.gz next to this file
#   python test/golden/make_schedule_free.py --check   compares with the committed file, fails if a bit differs
#
# Square roots, numbers and the CPU: see make.py. RMSprop is torch's in the authors' wrapper, whose rate is set before every
# step where there is a warm-up.

import gzip
import json
import sys
from pathlib import Path

import torch
from make import Numbers, check_cpu, encode
from schedulefree import AdamWScheduleFree, ScheduleFreeWrapper

FIXTURE = Path(__file__).with_name("schedule-free.json.gz")
LANES, STEPS = 37, 60
# After these steps the average is looked at, and training goes on.
EVALUATED = (1, 2, 10, 30, 60)

CASES = [
    {},
    {"weightDecay": 0.1},
    {"warmUpSteps": 20},
    {"beta1": 0.5, "r": 0.75, "weightLrPower": 1, "epsilon": 1e-3},
    {"beta1": 0.98, "weightDecay": 0.01, "warmUpSteps": 7, "learningRate": 2},
]
DEFAULTS = {
    "learningRate": 0.0025,
    "beta1": 0.9,
    "epsilon": 1e-8,
    "weightDecay": 0,
    "warmUpSteps": 0,
    "r": 0,
    "weightLrPower": 2,
}


class AdamW:
    def __init__(self, p, o):
        self.optimizer = AdamWScheduleFree(
            [p],
            lr=o["learningRate"],
            betas=(o["beta1"], o["beta2"]),
            eps=o["epsilon"],
            weight_decay=o["weightDecay"],
            warmup_steps=o["warmUpSteps"],
            r=o["r"],
            weight_lr_power=o["weightLrPower"],
            foreach=False,
        )
        self.optimizer.train()

    def step(self):
        self.optimizer.step()


class RMSprop:
    def __init__(self, p, o):
        base = torch.optim.RMSprop(
            [p], lr=o["learningRate"], alpha=o["decay"], eps=o["epsilon"], foreach=False
        )
        # The wrapper puts z into this state first, and torch's RMSprop, finding it not empty, would make none of its own.
        base.state[p] = {"step": torch.tensor(0.0), "square_avg": torch.zeros_like(p)}
        self.optimizer = ScheduleFreeWrapper(
            base,
            weight_decay_at_y=o["weightDecay"],
            momentum=o["beta1"],
            weight_lr_power=o["weightLrPower"],
            r=o["r"],
        )
        self.optimizer.train()
        self.o, self.steps = o, 0

    def step(self):
        self.steps += 1
        rise = min(1, self.steps / self.o["warmUpSteps"]) if self.o["warmUpSteps"] else 1
        self.optimizer.param_groups[0]["lr"] = self.o["learningRate"] * rise
        self.optimizer.step()


RULES = {
    "ScheduleFreeRMSprop": (RMSprop, {"decay": 0.99}),
    "ScheduleFreeAdamW": (AdamW, {"beta2": 0.999}),
}


def data(dtype):
    def tensor(step, least_exponent):
        lanes = [Numbers(dtype, 5, lane, step) for lane in range(LANES)]
        numbers = [number.value(number.exponent(least_exponent, 0)) for number in lanes]
        return torch.tensor(numbers, dtype=getattr(torch, dtype))

    return tensor(0, -5), [tensor(step, -10) for step in range(1, STEPS + 1)]


def encoded(tensor):
    return encode(tensor.detach().numpy())


def run(rule, options, dtype):
    """Parameters after every step at which the average is looked at, the average, and what going back makes of it."""
    Optimizer, own = RULES[rule]
    o = {**DEFAULTS, **own, **options}
    start, gradients = data(dtype)
    p = torch.nn.Parameter(start.clone())
    trained = Optimizer(p, o)
    recorded = []
    for step, gradient in enumerate(gradients, 1):
        p.grad = gradient.clone()
        trained.step()
        if step not in EVALUATED:
            continue
        record = {"step": step, "parameter": encoded(p)}
        # Going back by train() rounds; here the parameters are put back, as this package does.
        kept = p.detach().clone()
        trained.optimizer.eval()
        record["average"] = encoded(p)
        trained.optimizer.train()
        with torch.no_grad():
            p.copy_(kept)
        recorded.append(record)
    state = trained.optimizer.state[p]
    squares = state["exp_avg_sq"] if "exp_avg_sq" in state else state["square_avg"]
    group = trained.optimizer.param_groups[0]
    return {
        "rule": rule,
        "options": o,
        "dtype": dtype,
        "recorded": recorded,
        "baseParameter": encoded(state["z"]),
        "squareAverage": encoded(squares),
        "numbers": {"largestRate": group["lr_max"], "weightSum": group["weight_sum"]},
    }


def make():
    datasets = {}
    for dtype in ("float32", "float64"):
        start, gradients = data(dtype)
        datasets[dtype] = {"start": encoded(start), "gradients": [encoded(g) for g in gradients]}
    cases = [run(rule, o, dtype) for rule in RULES for o in CASES for dtype in datasets]
    return {"schedulefree": "1.4.1", "torch": torch.__version__, "datasets": datasets, "cases": cases}


if __name__ == "__main__":
    check_cpu()
    made = json.dumps(make(), separators=(",", ":"))
    if "--check" in sys.argv:
        assert gzip.decompress(FIXTURE.read_bytes()).decode() == made, "the results differ"
    else:
        FIXTURE.write_bytes(gzip.compress(made.encode(), 9, mtime=0))
