# Makes pytorch-states.json.gz: optimizer states in the middle of training, as python/optimizer_state.py saves them, and how
# PyTorch goes on from there, bit for bit.
#
#   pip install torch==2.13.0 safetensors numpy
#   python test/golden/make_states.py           writes pytorch-states.json.gz next to this file
#   python test/golden/make_states.py --check   compares with the committed file, fails if a bit differs
#
# Square roots, numbers and the CPU: see make.py.

import base64
import gzip
import json
import sys
import tempfile
from pathlib import Path

import torch
from make import Numbers, check_cpu, encode, ordinary_gradient, ordinary_parameter

sys.path.append(str(Path(__file__).parents[2] / "python"))
from optimizer_state import save

FIXTURE = Path(__file__).with_name("pytorch-states.json.gz")
BEFORE, AFTER = 8, 8  # steps

# Two groups of two tensors: shapes, float64 among float32, one tensor that has no gradient before the state is saved.
TENSORS = {
    "weights": ("float32", (5, 7), lambda step: True),
    "bias": ("float64", (11,), lambda step: True),
    "scale": ("float32", (13,), lambda step: step not in (2, 12)),
    "unused": ("float32", (3, 1), lambda step: step > 10),
}
GROUPS = [["weights", "bias"], ["scale", "unused"]]

# Options of all tensors, and of the second group.
CASES = [
    ("RMSprop", {}, {"lr": 0.003}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.01}, {"lr": 0.003}),
    ("RMSprop", {"alpha": 0.5, "maximize": True}, {"momentum": 0.7, "eps": 1e-3}),
    ("SGD", {}, {"lr": 0.003}),
    ("SGD", {"momentum": 0.9, "nesterov": True}, {"lr": 0.003}),
    ("SGD", {"momentum": 0.9, "dampening": 0.3}, {"momentum": 0, "maximize": True}),
    ("Adam", {}, {"lr": 0.003}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.01}, {"betas": (0.4, 0.9), "amsgrad": False}),
    ("Adam", {"weight_decay": 0.01}, {"decoupled_weight_decay": True}),
    ("AdamW", {}, {"lr": 0.003}),
    ("AdamW", {"amsgrad": True, "maximize": True}, {"betas": (0.4, 0.9), "weight_decay": 0.1}),
    ("Adagrad", {"lr_decay": 0.3}, {"lr": 0.003}),
    ("Adagrad", {"initial_accumulator_value": 0.1, "weight_decay": 0.01}, {"maximize": True}),
    ("Adadelta", {"weight_decay": 0.01}, {"rho": 0.5, "eps": 1e-3, "maximize": True}),
    ("Adamax", {"weight_decay": 0.01}, {"betas": (0.4, 0.9), "maximize": True}),
    ("NAdam", {"weight_decay": 0.01}, {"momentum_decay": 0.3, "decoupled_weight_decay": True}),
    ("NAdam", {"maximize": True}, {"betas": (0.4, 0.9), "eps": 1e-3}),
    ("Rprop", {}, {"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.05), "maximize": True}),
]


def numbers(index, lane, step):
    return Numbers(list(TENSORS.values())[index][0], 4, index, lane, step)


def make_gradient(name, step):
    index = list(TENSORS).index(name)
    dtype, shape, present = TENSORS[name]
    if not present(step):
        return None
    lanes = range(torch.Size(shape).numel())
    values = [ordinary_gradient(i, numbers(index, i, step), numbers(index, i, 0)) for i in lanes]
    return torch.tensor(values, dtype=getattr(torch, dtype)).view(shape)


def make_parameter(name):
    index = list(TENSORS).index(name)
    dtype, shape, _ = TENSORS[name]
    lanes = range(torch.Size(shape).numel())
    values = [ordinary_parameter(i, numbers(index, i, 1000)) for i in lanes]
    return torch.tensor(values, dtype=getattr(torch, dtype)).view(shape).requires_grad_()


def saved(optimizer):
    with tempfile.NamedTemporaryFile() as file:
        save(optimizer, file.name)
        return base64.b64encode(Path(file.name).read_bytes()).decode()


def encoded(tensors):
    return {name: value if value is None else encode(value.detach().numpy()) for name, value in tensors.items()}


def run(rule, options, others):
    params = {name: make_parameter(name) for name in TENSORS}
    groups = [{"params": [params[name] for name in names]} for names in GROUPS]
    groups[1] |= others
    optimizer = getattr(torch.optim, rule)(groups, lr=0.01, foreach=False, **options)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)  # leaves a key in the groups
    case = {"rule": rule, "options": options, "others": others}
    for step in range(1, BEFORE + AFTER + 1):
        for name, param in params.items():
            param.grad = make_gradient(name, step)
        optimizer.step()
        if step == BEFORE:
            scheduler.step()
            case |= {"file": saved(optimizer), "params": encoded(params)}
    return case | {"expectedFile": saved(optimizer), "expectedParams": encoded(params)}


def make_fixture():
    gradients = [
        encoded({name: make_gradient(name, step) for name in TENSORS})
        for step in range(BEFORE + 1, BEFORE + AFTER + 1)
    ]
    types = {name: dtype for name, (dtype, _, _) in TENSORS.items()}
    head = {"torch": "2.13.0", "groups": GROUPS, "types": types, "gradients": gradients}
    return head | {"cases": [run(*case) for case in CASES]}


def parts(file):
    """What a file holds; the order of its metadata is that of a hash table of Rust, and another one every time."""
    content = base64.b64decode(file)
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


def comparable(fixture):
    for case in fixture["cases"]:
        case |= {name: parts(case[name]) for name in ("file", "expectedFile")}
    return fixture


def main():
    check_cpu()
    fixture = json.loads(json.dumps(make_fixture()))
    if "--check" in sys.argv:
        committed = json.loads(gzip.decompress(FIXTURE.read_bytes()))
        assert comparable(committed) == comparable(fixture), "the committed fixture differs"
        print("the committed fixture is what PyTorch computes here")
    else:
        text = json.dumps(fixture)
        FIXTURE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(f"{FIXTURE.name}: {len(text)} bytes, {FIXTURE.stat().st_size} compressed")


main()
