# Makes pytorch-schedules.json.gz: the learning rates that torch.optim.lr_scheduler gives two groups, step by step.
#
#   pip install torch==2.13.0
#   python test/golden/make_schedules.py           writes pytorch-schedules.json.gz next to this file
#   python test/golden/make_schedules.py --check   compares with the committed file, fails if a bit differs
#
# They are Python's floats, not torch's tensors: of this machine they show what its C library makes of cos and pow, no more.

import gzip
import json
import sys
from functools import partial
from pathlib import Path

import torch
from torch.optim import lr_scheduler as lr

FIXTURE = Path(__file__).with_name("pytorch-schedules.json.gz")
RATES = [0.1, 0.003]  # of the two groups


def of(kind, **options):
    """A scheduler that is still to get its optimizer."""
    return partial(kind, **options)


def sequential(optimizer, schedulers, milestones):
    return lr.SequentialLR(optimizer, [make(optimizer) for make in schedulers], milestones)


def chained(optimizer, schedulers):
    return lr.ChainedScheduler([make(optimizer) for make in schedulers], optimizer)


def one_cycle(steps, **options):
    return of(lr.OneCycleLR, max_lr=RATES, total_steps=steps, cycle_momentum=False, **options)


# A scheduler for one group: PyTorch's bounds are rates, the same for all groups, where here they are a part of each one's.
class OfOneGroup:
    def __init__(self, kind, bound, part, **options):
        self.make = lambda each: kind(each, **options, **{bound: part * each.param_groups[0]["lr"]})

    def __call__(self, each):
        return self.make(each)


def with_minimum(kind, name, **options):
    return OfOneGroup(kind, name, 0.01, **options)


warm_up = of(lr.LinearLR, start_factor=0.1, total_iters=20)

# Name, scheduler, number of rates.
CASES = [
    ("constant", of(lr.ConstantLR, factor=0.3, total_iters=40), 100),
    ("linear up", of(lr.LinearLR, total_iters=60), 150),
    ("linear down", of(lr.LinearLR, start_factor=1.0, end_factor=0.2, total_iters=99), 150),
    ("step", of(lr.StepLR, step_size=30, gamma=0.3), 250),
    ("multi-step", of(lr.MultiStepLR, milestones=[7, 50, 51, 180], gamma=0.7), 250),
    ("exponential", of(lr.ExponentialLR, gamma=0.97), 300),
    ("exponential growth", of(lr.ExponentialLR, gamma=1.05), 200),
    ("polynomial", of(lr.PolynomialLR, total_iters=120), 150),
    ("polynomial, power 0.9", of(lr.PolynomialLR, total_iters=120, power=0.9), 150),
    ("polynomial, power 2.5", of(lr.PolynomialLR, total_iters=120, power=2.5), 150),
    ("cosine", of(lr.CosineAnnealingLR, T_max=100), 101),
    ("cosine, minimum", with_minimum(lr.CosineAnnealingLR, "eta_min", T_max=77), 78),
    ("cosine, periodic", with_minimum(lr.CosineAnnealingLR, "eta_min", T_max=50), 220),
    ("restarts", of(lr.CosineAnnealingWarmRestarts, T_0=30), 200),
    ("restarts, longer each", with_minimum(lr.CosineAnnealingWarmRestarts, "eta_min", T_0=10, T_mult=2), 300),
    ("warm-up, cosine", of(sequential, schedulers=[warm_up, of(lr.CosineAnnealingLR, T_max=100)], milestones=[20]), 121),
    (
        "sequence",
        of(
            sequential,
            schedulers=[
                of(lr.ConstantLR, factor=0.5, total_iters=10),
                of(lr.ExponentialLR, gamma=0.9),
                of(lr.StepLR, step_size=15, gamma=0.5),
            ],
            milestones=[25, 60],
        ),
        150,
    ),
    (
        "product",
        of(chained, schedulers=[of(lr.ConstantLR, factor=0.1, total_iters=20), of(lr.ExponentialLR, gamma=0.95)]),
        150,
    ),
    ("one-cycle", one_cycle(200), 200),
    ("one-cycle, linear", one_cycle(150, anneal_strategy="linear", pct_start=0.25), 150),
    (
        "one-cycle, three phases",
        one_cycle(180, three_phase=True, pct_start=0.4, div_factor=10.0, final_div_factor=100.0),
        180,
    ),
    ("function", of(lr.LambdaLR, lr_lambda=lambda step: 1 / (1 + 0.25 * step)), 150),
]


# A metric that falls, stagnates, becomes worse, and falls again; in steps that count for some thresholds and not for others.
def metrics(count):
    return [round(2.0 - step / 40 if step % 90 < 45 else 0.9 + (step % 7) / 1000, 6) for step in range(count)]


PLATEAUS = [
    ("plateau", {"patience": 5}),
    ("plateau, maximum", {"mode": "max", "factor": 0.5, "patience": 3}),
    ("plateau, relative threshold", {"threshold": 0.05, "factor": 0.5, "patience": 4}),
    ("plateau, absolute threshold", {"threshold": 0.04, "threshold_mode": "abs", "factor": 0.8, "patience": 2}),
    (
        "plateau, maximum, absolute threshold",
        {"mode": "max", "threshold": 0.002, "threshold_mode": "abs", "factor": 0.7, "patience": 6},
    ),
    ("plateau, cooldown", {"factor": 0.6, "patience": 0, "cooldown": 9}),
    ("plateau, no patience", {"factor": 0.9, "patience": 0}),
]
PLATEAU_STEPS = 240


def optimizer(rates):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=1.0)


def rates_of(make, steps, observed=None):
    together = [[rate] for rate in RATES] if isinstance(make, OfOneGroup) else [RATES]
    optimizers = [optimizer(rates) for rates in together]
    schedulers = [make(each) for each in optimizers]
    rates = []
    for step in range(steps):
        rates.append([group["lr"] for each in optimizers for group in each.param_groups])
        for each, scheduler in zip(optimizers, schedulers):
            each.step()
            if step < steps - 1:
                scheduler.step(*([] if observed is None else [observed[step]]))
    return [list(values) for values in zip(*rates)]


# Momentum, or beta1, in one cycle.
def momenta_of(kind, steps, **options):
    each = kind([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    bounds = {"base_momentum": 0.8, "max_momentum": 0.9}
    scheduler = lr.OneCycleLR(each, max_lr=0.1, total_steps=steps, pct_start=0.4, **bounds, **options)
    momenta = []
    for step in range(steps):
        group = each.param_groups[0]
        momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        each.step()
        if step < steps - 1:
            scheduler.step()
    return momenta


def make():
    cases = [{"name": name, "rates": rates_of(build, steps)} for name, build, steps in CASES]
    observed = metrics(PLATEAU_STEPS)
    for name, options in PLATEAUS:
        # PyTorch's eps is a difference of rates, here it is one of factors: 0 means the same.
        build = of(lr.ReduceLROnPlateau, eps=0, **options)
        cases.append({"name": name, "rates": rates_of(build, PLATEAU_STEPS, observed)})
    minimum = with_minimum(lr.ReduceLROnPlateau, "min_lr", factor=0.3, patience=2, eps=0)
    cases.append({"name": "plateau, minimum", "rates": rates_of(minimum, PLATEAU_STEPS, observed)})
    least = OfOneGroup(lr.ReduceLROnPlateau, "eps", 0.005, patience=3)
    cases.append({"name": "plateau, epsilon", "rates": rates_of(least, PLATEAU_STEPS, observed)})
    momenta = [
        {"name": "momentum in one cycle", "values": momenta_of(torch.optim.SGD, 100)},
        {"name": "beta1 in one cycle of three phases", "values": momenta_of(torch.optim.Adam, 90, three_phase=True)},
    ]
    torch_version = torch.__version__.split("+")[0]
    return {"torch": torch_version, "rates": RATES, "metrics": observed, "cases": cases, "momenta": momenta}


if __name__ == "__main__":
    made = make()
    if "--check" in sys.argv:
        committed = json.loads(gzip.decompress(FIXTURE.read_bytes()))
        assert made == committed, "differs from the committed file"
    else:
        FIXTURE.write_bytes(gzip.compress(json.dumps(made).encode(), 9, mtime=0))
    for case in made["cases"]:
        first = case["rates"][0]
        print(f"{case['name']}: {len(first)} steps, {len(set(first))} rates, {min(first):.3g} to {max(first):.3g}")
