# Makes pytorch.json.gz: what torch.optim computes, bit for bit, and for Lion, which it does not have, lion.py.
#
#   pip install torch==2.13.0 numpy
#   python test/golden/make.py           writes pytorch.json.gz next to this file
#   python test/golden/make.py --check   compares with the committed file, fails if a bit differs
#
# The CPU needs AVX2 and FMA. PyTorch's AVX2 and AVX-512 kernels agree bit for bit; its baseline
# kernels have no fma.

import base64
import decimal
import gzip
import json
import math
import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import torch
from lion import Lion

FIXTURE = Path(__file__).with_name("pytorch.json.gz")
TORCH_DTYPE = {"float32": torch.float32, "float64": torch.float64}
PRECISION = {"float32": 24, "float64": 53}
SMALLEST_EXPONENT = {"float32": -149, "float64": -1074}  # of the smallest denormal


# Square roots. PyTorch's come from MKL and depend on the CPU: measured on random float32 numbers,
# 0.7 % are not correctly rounded by its AVX-512 path, 17 % by the path it takes on an AMD EPYC.
# numpy's float64 root always is, and rounded once more it is the correctly rounded float32 root.
# With foreach=False the optimizers take roots by these two methods only.


def exact_sqrt(tensor):
    # Where rounding makes the centred variance negative PyTorch goes on with NaN, and this package
    # with 0. The data below are chosen so that no lane of any case meets this.
    assert not (tensor < 0).any(), "negative centred variance: choose other data"
    return torch.from_numpy(np.sqrt(tensor.detach().double().numpy())).to(tensor.dtype)


torch.Tensor.sqrt = exact_sqrt
torch.Tensor.sqrt_ = lambda tensor: tensor.copy_(exact_sqrt(tensor))


# Data. All numbers come from one 32-bit hash of (dtype, data set, tensor, lane, step, purpose), not
# from a library's generator.


def hash32(*words):
    """lowbias32 of https://nullprogram.com/blog/2018/07/31/, chained over the words."""
    h = 0x9E3779B9
    for word in words:
        h = (h ^ word) & 0xFFFFFFFF
        h = ((h ^ (h >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
        h = ((h ^ (h >> 15)) * 0x846CA68B) & 0xFFFFFFFF
        h ^= h >> 16
    return h


class Numbers:
    """The numbers of one lane at one step, all of them exactly representable."""

    def __init__(self, dtype, *key):
        self.dtype = dtype
        self.key = (PRECISION[dtype], *key)

    def below(self, n, purpose):
        return hash32(*self.key, purpose) % n

    def sign(self):
        return 1.0 if self.below(2, 1) else -1.0

    def significand(self):
        """In [0.5, 1), with random bits all the way down."""
        bits = (hash32(*self.key, 2) << 32 | hash32(*self.key, 3)) >> (64 - PRECISION[self.dtype])
        top = 1 << (PRECISION[self.dtype] - 1)
        return math.ldexp(bits | top, -PRECISION[self.dtype])

    def exponent(self, low, high):
        return low + self.below(high - low + 1, 4)

    def value(self, exponent):
        return self.sign() * math.ldexp(self.significand(), exponent)

    def zero(self):
        return self.sign() * 0.0

    def denormal(self):
        bits = hash32(*self.key, 5) % ((1 << 23) - 1) + 1
        return self.sign() * math.ldexp(bits, SMALLEST_EXPONENT[self.dtype])


def ordinary_gradient(lane, at, every):
    kind = lane % 3
    if kind == 0:  # one sign and one exponent: the centred variance is far below the square average
        return every.sign() * math.ldexp(at.significand(), every.exponent(-10, 0))
    if kind == 1:
        return at.value(every.exponent(-10, 0))
    return at.value(at.exponent(-10, 0))


def ordinary_parameter(lane, at):
    return at.value(at.exponent(-5, 0))


def wide_gradient(lane, step, at, every):
    kind = lane % 8
    if kind == 0:  # one magnitude per lane
        return at.value(every.exponent(-40, 20))
    if kind == 1:  # any magnitude at any step
        return at.value(at.exponent(-40, 20))
    if kind == 2:  # now and then a zero of either sign
        return at.zero() if at.below(2, 6) else at.value(at.exponent(-20, 10))
    if kind == 3:  # zeros only
        return at.zero()
    if kind == 4:
        return at.denormal()
    if kind == 5:
        # The same at every step, and such that the centred variance becomes zero but never
        # negative: of all significands n/1024, tried at all decays used below, the multiples of 5
        # above 0.73 serve.
        significand = 5 * (150 + every.below(55, 6))
        return every.sign() * math.ldexp(significand, every.exponent(-10, 5) - 10)
    if kind == 6:  # the same 12 times, then another: the variance comes close to zero
        block = Numbers(at.dtype, *every.key[1:-1], step // 12 * 12)
        return block.value(block.exponent(-10, 5))
    return at.value(at.exponent(-40, 20)) if at.below(8, 6) == 0 else at.zero()  # sparse


def wide_parameter(lane, at):
    kind = at.below(6, 6)
    if kind == 0:
        return at.zero()
    if kind == 1 or lane % 8 == 4:
        return at.denormal()
    return at.value(at.exponent(-40, 10))


def extreme_value(dtype, at):
    largest = float(np.finfo(dtype).max)
    normal = float(np.finfo(dtype).tiny)
    root = math.ldexp(1.0, 64 if dtype == "float32" else 512)  # its square just overflows
    significand = at.significand()
    magnitudes = [
        math.inf,
        largest,
        root,
        significand * root,
        normal,
        significand * normal,
        1.0,
        0.0,
    ]
    kind = at.below(20, 6)
    if kind < len(magnitudes):
        return at.sign() * magnitudes[kind]
    if kind == len(magnitudes):
        return math.nan if at.below(3, 7) == 0 else at.denormal()
    return at.value(0)


DATASETS = {
    # About 1e-3 to 1.
    "ordinary": {
        "seed": 1,
        "steps": 60,
        "lanes": {"weights": 37, "bias": 11},
        "gradient": lambda dtype, lane, step, at, every: ordinary_gradient(lane, at, every),
        "parameter": lambda dtype, lane, at: ordinary_parameter(lane, at),
    },
    # 1e-12 to 1e6, signed zeros, denormals, exact repeats.
    "wide": {
        "seed": 2,
        "steps": 60,
        "lanes": {"weights": 37, "bias": 11},
        "gradient": lambda dtype, lane, step, at, every: wide_gradient(lane, step, at, every),
        "parameter": lambda dtype, lane, at: wide_parameter(lane, at),
    },
    # Infinities, NaN, values whose squares overflow or underflow.
    "extreme": {
        "seed": 3,
        "steps": 8,
        "lanes": {"weights": 21, "bias": 11},
        "gradient": lambda dtype, lane, step, at, every: extreme_value(dtype, at),
        "parameter": lambda dtype, lane, at: (
            extreme_value(dtype, at) if lane % 4 == 0 else at.value(0)
        ),
    },
}


def make_dataset(name, dtype):
    recipe = DATASETS[name]
    params, gradients = {}, {}
    for index, (tensor, lanes) in enumerate(recipe["lanes"].items()):
        numbers = partial(Numbers, dtype, recipe["seed"], index)
        every = [numbers(lane, 0) for lane in range(lanes)]
        params[tensor] = np.array(
            [recipe["parameter"](dtype, lane, numbers(lane, 1000)) for lane in range(lanes)],
            dtype,
        )
        gradients[tensor] = np.array(
            [
                [
                    recipe["gradient"](dtype, lane, step, numbers(lane, step), every[lane])
                    for lane in range(lanes)
                ]
                for step in range(1, recipe["steps"] + 1)
            ],
            dtype,
        )
    return {"params": params, "gradients": gradients}


# Cases: options in the words of this package.

# Only where the learning rate changes does it show whether it enters the momentum buffer or is
# applied to it. "step" is the first step with the new rate.
SCHEDULE = [
    {"step": 11, "learningRate": 0.003},
    {"step": 31, "learningRate": 0.02},
    {"step": 32, "learningRate": 0.001},
]
# Steps at which a tensor has no gradient: from the start, alone, together, and at the end.
SKIPPED = {"weights": [3, 30, 31], "bias": [1, 2, 7, 30, 60]}


def make_cases():
    cases = []

    def add(rule, options, **more):
        cases.append({"rule": rule, "options": options, **more})

    regular = [(0, False), (0.01, False), (0, True), (0.01, True)]  # weightDecay, maximize

    # Each variant meets every decay, and each decay every combination of weightDecay and maximize.
    # 0.3 and 0.5 take the other branch of lerp; at 0.50000001 the branch depends on the dtype.
    decays = [0.9, 0.99, 0.5, 0.3]
    variants = [(0, False), (0.9, False), (0, True), (0.9, True)]  # momentum, centered

    def rmsprop(momentum, centered, decay, weight_decay=0, maximize=False, epsilon=1e-8, **more):
        options = {
            "learningRate": 0.01,
            "decay": decay,
            "epsilon": epsilon,
            "epsilonPlacement": "outside",
            "momentum": momentum,
            "momentumScaling": "gradient",
            "centered": centered,
            "weightDecay": weight_decay,
            "maximize": maximize,
        }
        add("RMSprop", options, **more)

    for i, (momentum, centered) in enumerate(variants):
        for j, (weight_decay, maximize) in enumerate(regular):
            epsilon = [1e-8, 1e-3][j % 2]
            rmsprop(momentum, centered, decays[(i + j) % 4], weight_decay, maximize, epsilon)
        rmsprop(momentum, centered, 0.9, schedule=SCHEDULE)
    rmsprop(0, True, 0.50000001)
    rmsprop(0, False, 0.99, skipped=SKIPPED)
    rmsprop(0.9, True, 0.9, 0.01, skipped=SKIPPED, schedule=SCHEDULE)

    def sgd(momentum, dampening, nesterov, weight_decay=0, maximize=False, **more):
        options = {
            "learningRate": 0.01,
            "momentum": momentum,
            "dampening": dampening,
            "nesterov": nesterov,
            "weightDecay": weight_decay,
            "maximize": maximize,
        }
        add("SGD", options, **more)

    variants = [(0, 0, False), (0.9, 0, False), (0.9, 0.3, False), (0.9, 0, True)]
    for momentum, dampening, nesterov in variants:
        for weight_decay, maximize in regular:
            sgd(momentum, dampening, nesterov, weight_decay, maximize)
        if momentum:
            sgd(momentum, dampening, nesterov, schedule=SCHEDULE)
            sgd(momentum, dampening, nesterov, 0.01, skipped=SKIPPED)
    sgd(0, 0, False, skipped=SKIPPED, schedule=SCHEDULE)

    # beta1 0.4 and 0.5 take the other branch of lerp.
    betas = [(0.9, 0.999), (0.4, 0.9), (0.95, 0.98), (0.5, 0.99)]

    def adam(rule, amsgrad, beta1, beta2, weight_decay=0, maximize=False, epsilon=1e-8, **more):
        options = {
            "learningRate": 0.001,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "amsgrad": amsgrad,
            "weightDecay": weight_decay,
            "maximize": maximize,
        }
        add(rule, options, **more)

    for i, rule in enumerate(["Adam", "AdamW"]):
        for k, amsgrad in enumerate([False, True]):
            for j, (weight_decay, maximize) in enumerate(regular):
                epsilon = [1e-8, 1e-3][(j + j // 2) % 2]
                adam(rule, amsgrad, *betas[(i + 2 * k + j) % 4], weight_decay, maximize, epsilon)
            adam(rule, amsgrad, 0.9, 0.999, 0.01, schedule=SCHEDULE)
            adam(rule, amsgrad, 0.9, 0.999, 0.01, skipped=SKIPPED)

    # A large rate, so that the parameters go far while the sum grows.
    def adagrad(rate_decay, initial, weight_decay=0, maximize=False, epsilon=1e-10, **more):
        options = {
            "learningRate": 0.1,
            "learningRateDecay": rate_decay,
            "epsilon": epsilon,
            "initialAccumulator": initial,
            "weightDecay": weight_decay,
            "maximize": maximize,
        }
        add("Adagrad", options, **more)

    for i, (rate_decay, initial) in enumerate([(0, 0), (0.3, 0), (0.01, 0.1)]):
        for j, (weight_decay, maximize) in enumerate(regular):
            adagrad(rate_decay, initial, weight_decay, maximize, [1e-10, 1e-3][(i + j) % 2])
    adagrad(0.3, 0.1, schedule=SCHEDULE)
    adagrad(0.3, 0.1, 0.01, skipped=SKIPPED)

    # 0.5 is a power of two: products with it round nothing.
    decays = [0.9, 0.99, 0.5, 0.3]

    def adadelta(decay, weight_decay=0, maximize=False, epsilon=1e-6, **more):
        options = {
            "learningRate": 0.5,
            "decay": decay,
            "epsilon": epsilon,
            "weightDecay": weight_decay,
            "maximize": maximize,
        }
        add("Adadelta", options, **more)

    for i in range(3):
        for j, (weight_decay, maximize) in enumerate(regular):
            adadelta(decays[(i + j) % 4], weight_decay, maximize, [1e-6, 1e-3, 1e-8][i])
    adadelta(0.9, schedule=SCHEDULE)
    adadelta(0.9, 0.01, skipped=SKIPPED)

    def adamax(beta1, beta2, weight_decay=0, maximize=False, epsilon=1e-8, **more):
        options = {
            "learningRate": 0.002,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "weightDecay": weight_decay,
            "maximize": maximize,
        }
        add("Adamax", options, **more)

    for i in range(3):
        for j, (weight_decay, maximize) in enumerate(regular):
            adamax(*betas[(i + j) % 4], weight_decay, maximize, [1e-8, 1e-3, 0][i])
    adamax(0.9, 0.999, schedule=SCHEDULE)
    adamax(0.9, 0.999, 0.01, skipped=SKIPPED)

    def nadam(beta1, beta2, momentum_decay, weight_decay=0, maximize=False, epsilon=1e-8, mode="l2", **more):
        options = {
            "learningRate": 0.002,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "momentumDecay": momentum_decay,
            "weightDecay": weight_decay,
            "weightDecayMode": mode,
            "maximize": maximize,
        }
        add("NAdam", options, **more)

    # With 0 the momentum does not grow; with 0.3 it has grown after some steps.
    for i, (momentum_decay, mode) in enumerate([(0.004, "l2"), (0.3, "decoupled"), (0, "l2")]):
        for j, (weight_decay, maximize) in enumerate(regular):
            epsilon = [1e-8, 1e-3][(i + j) % 2]
            nadam(*betas[(i + j) % 4], momentum_decay, weight_decay, maximize, epsilon, mode)
    nadam(0.9, 0.999, 0.004, schedule=SCHEDULE)
    nadam(0.9, 0.999, 0.004, 0.01, skipped=SKIPPED)

    def rprop(etas, sizes, maximize=False, **more):
        options = {
            "learningRate": 0.01,
            "etaMinus": etas[0],
            "etaPlus": etas[1],
            "stepMin": sizes[0],
            "stepMax": sizes[1],
            "maximize": maximize,
        }
        add("Rprop", options, **more)

    # The second pair of sizes is close enough together for both to be met.
    for etas in [(0.5, 1.2), (0.3, 1.5), (0.9, 1.01)]:
        for sizes in [(1e-6, 50), (1e-3, 0.05)]:
            for maximize in [False, True]:
                rprop(etas, sizes, maximize)
    rprop((0.5, 1.2), (1e-6, 50), schedule=SCHEDULE)  # in vain
    rprop((0.5, 1.2), (1e-6, 50), skipped=SKIPPED)

    def lion(beta1, beta2, mode, weight_decay=0, maximize=False, **more):
        options = {
            "learningRate": 0.001,
            "beta1": beta1,
            "beta2": beta2,
            "weightDecay": weight_decay,
            "weightDecayMode": mode,
            "maximize": maximize,
        }
        add("Lion", options, **more)

    for i, mode in enumerate(["decoupled", "l2"]):
        for j, (weight_decay, maximize) in enumerate(regular):
            lion(*[(0.9, 0.99), (0.95, 0.98), (0.4, 0.5)][(i + j) % 3], mode, weight_decay, maximize)
        lion(0.9, 0.99, mode, 0.01, schedule=SCHEDULE)
        lion(0.9, 0.99, mode, 0.01, skipped=SKIPPED)

    return cases


def name_of(case, dataset, dtype):
    words = [case["rule"]]
    for key, value in case["options"].items():
        if isinstance(value, bool):
            words += [key] * value
        elif key == "weightDecayMode":
            words.append(value)
        elif not isinstance(value, str) and value != 0:
            words.append(f"{key} {value}")
    words += [word for word in ("schedule", "skipped") if word in case]
    return ", ".join(words) + f": {dataset} {dtype}"


def datasets_of(case):
    plain = "schedule" not in case and "skipped" not in case
    regular = bool(case["options"].get("weightDecay")) == case["options"]["maximize"]
    return ["ordinary", "wide"] + ["extreme"] * (plain and regular)


# From this package's words to PyTorch's, and back.


def torch_optimizer(rule, params, o):
    shared = dict(lr=o["learningRate"], maximize=o["maximize"], foreach=False)
    if rule != "Rprop":
        shared |= dict(weight_decay=o["weightDecay"])
    if rule == "RMSprop":
        shared |= dict(
            alpha=o["decay"], eps=o["epsilon"], momentum=o["momentum"], centered=o["centered"]
        )
    elif rule == "SGD":
        shared |= dict(momentum=o["momentum"], dampening=o["dampening"], nesterov=o["nesterov"])
    elif rule == "Adagrad":
        shared |= dict(
            lr_decay=o["learningRateDecay"],
            eps=o["epsilon"],
            initial_accumulator_value=o["initialAccumulator"],
        )
    elif rule == "Adadelta":
        shared |= dict(rho=o["decay"], eps=o["epsilon"])
    elif rule == "Adamax":
        shared |= dict(betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])
    elif rule == "NAdam":
        shared |= dict(
            betas=(o["beta1"], o["beta2"]),
            eps=o["epsilon"],
            momentum_decay=o["momentumDecay"],
            decoupled_weight_decay=o["weightDecayMode"] == "decoupled",
        )
    elif rule == "Rprop":
        etas, sizes = (o["etaMinus"], o["etaPlus"]), (o["stepMin"], o["stepMax"])
        shared |= dict(etas=etas, step_sizes=sizes)
    else:
        shared |= dict(betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], amsgrad=o["amsgrad"])
    return getattr(torch.optim, rule)(params, **shared)


STATE_NAMES = {
    "square_avg": "squareAverage",
    "grad_avg": "gradientAverage",
    "momentum_buffer": "momentumBuffer",
    "exp_avg": "gradientAverage",
    "exp_avg_sq": "squareAverage",
    "max_exp_avg_sq": "maxSquareAverage",
    "exp_inf": "infinityNorm",
    "prev": "previousGradient",
    "step_size": "stepSize",
    "sum": "squareSum",
    "acc_delta": "squareUpdateAverage",
}

# Numbers of a whole tensor.
NUMBER_NAMES = {"mu_product": "momentumProduct"}

RECORDED_STEPS = {"float32": [1, 2, 10], "float64": [1]}  # besides the last


def run(case, dataset, dtype):
    """One training run: parameters after some steps, and the state after the last."""
    tensors = {
        name: torch.from_numpy(value.copy()).requires_grad_()
        for name, value in dataset["params"].items()
    }
    optimizer = torch_optimizer(case["rule"], list(tensors.values()), case["options"])
    rates = {change["step"]: change["learningRate"] for change in case.get("schedule", [])}
    counts = dict.fromkeys(tensors, 0)
    params = {}
    steps = len(dataset["gradients"]["weights"])
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = rates.get(step, optimizer.param_groups[0]["lr"])
        for name, tensor in tensors.items():
            absent = step in case.get("skipped", {}).get(name, [])
            tensor.grad = (
                None if absent else torch.from_numpy(dataset["gradients"][name][step - 1].copy())
            )
            counts[name] += not absent
        optimizer.step()
        if step == steps or step in RECORDED_STEPS[dtype]:
            params[step] = {
                name: tensor.detach().numpy().copy() for name, tensor in tensors.items()
            }
    state, numbers = {}, {}
    for name, tensor in tensors.items():
        for key, value in optimizer.state[tensor].items():
            if key == "step":
                assert value.item() == counts[name]
            elif key in NUMBER_NAMES:
                assert value.dtype == torch.float32
                numbers.setdefault(NUMBER_NAMES[key], {})[name] = value.item()
            elif value is not None:
                state.setdefault(STATE_NAMES[key], {})[name] = value.numpy().copy()
    result = {"params": params, "state": state, "step": counts}
    return result | {"numbers": numbers} if numbers else result


def run_lion(case, dataset, dtype):
    """The same by the reference in lion.py."""
    runs = {name: Lion(value, case["options"]) for name, value in dataset["params"].items()}
    rates = {change["step"]: change["learningRate"] for change in case.get("schedule", [])}
    rate = case["options"]["learningRate"]
    counts = dict.fromkeys(runs, 0)
    params = {}
    steps = len(dataset["gradients"]["weights"])
    for step in range(1, steps + 1):
        rate = rates.get(step, rate)
        for name, lion in runs.items():
            if step not in case.get("skipped", {}).get(name, []):
                lion.step(dataset["gradients"][name][step - 1], rate)
                counts[name] += 1
        if step == steps or step in RECORDED_STEPS[dtype]:
            params[step] = {name: lion.p.copy() for name, lion in runs.items()}
    state = {"gradientAverage": {name: lion.m for name, lion in runs.items()}}
    return {"params": params, "state": state, "step": counts}


def nearest_power(base, exponent):
    """By 60 digits; fails where they are half-way between two numbers."""
    with decimal.localcontext(prec=60):
        power = decimal.Decimal(base) ** decimal.Decimal(exponent)
        unit = decimal.Decimal(10) ** -55
        nearest = {float(power - unit), float(power), float(power + unit)}
    assert len(nearest) == 1, f"{base}**{exponent}"
    return nearest.pop()


def check_libm(case):
    """Python's powers are the C library's; those used here must be correctly rounded ones."""
    if case["rule"] == "NAdam":
        for step in range(1, 62):
            exponent = step * case["options"]["momentumDecay"]
            assert 0.96**exponent == nearest_power(0.96, exponent), f"0.96**{exponent}"
    for name in ("beta1", "beta2") if "Adam" in case["rule"] else ():
        beta = case["options"][name]
        for step in range(1, 61):
            assert beta**step == float(Fraction(beta) ** step), f"{beta}**{step}"
            if name == "beta2" and case["rule"] != "NAdam":  # PyTorch takes the root as a power, too
                complement = 1 - beta**step
                assert complement**0.5 == math.sqrt(complement), f"(1 - {beta}**{step})**0.5"


# The file.


def encode(array):
    array = array.astype(array.dtype.newbyteorder("<"))
    array[np.isnan(array)] = np.nan  # one NaN: signs and payloads of NaN mean nothing
    return base64.b64encode(array.tobytes()).decode()


def encode_all(tree):
    if isinstance(tree, dict):
        return {key: encode_all(value) for key, value in tree.items()}
    return encode(tree) if isinstance(tree, np.ndarray) else tree


def make_fixture():
    datasets = {
        name: {dtype: make_dataset(name, dtype) for dtype in TORCH_DTYPE} for name in DATASETS
    }
    cases = []
    for case in make_cases():
        check_libm(case)
        for name in datasets_of(case):
            for dtype in TORCH_DTYPE:
                train = run_lion if case["rule"] == "Lion" else run
                result = train(case, datasets[name][dtype], dtype)
                label = name_of(case, name, dtype)
                cases.append(
                    {"name": label, **case, "dataset": name, "dtype": dtype, **encode_all(result)}
                )
    assert len({case["name"] for case in cases}) == len(cases)
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({"torch": "2.13.0", "datasets": encode_all(datasets)})
    return f'{head[:-1]},\n"cases": [\n{lines}\n]}}\n'


def check_cpu():
    assert torch.__version__.split("+")[0] == "2.13.0", f"this is torch {torch.__version__}"
    assert torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"), "no fma without AVX2"
    torch.set_num_threads(1)


def main():
    check_cpu()
    text = make_fixture()
    if "--check" in sys.argv:
        committed = gzip.decompress(FIXTURE.read_bytes()).decode()
        assert committed == text, "the committed fixture differs"
        print("the committed fixture is what PyTorch computes here")
    else:
        FIXTURE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(f"{FIXTURE.name}: {len(text)} bytes, {FIXTURE.stat().st_size} compressed")


if __name__ == "__main__":
    main()
