# Goes on in PyTorch from states that this package saved, and saves what comes of it: resume.py FOLDER, see resume.test.ts.
# Square roots are correctly rounded ones: see ../golden/make.py.

import json
import sys
from pathlib import Path

try:
    import numpy  # noqa: F401
    import safetensors  # noqa: F401
    import torch
except ModuleNotFoundError as missing:
    sys.exit(f"cannot: {missing}")

root = Path(__file__).parents[2]
sys.path += [str(root / "python"), str(root / "test/golden")]
import make  # noqa: E402, F401
import optimizer_state  # noqa: E402


def tensor(dtype, shape, values):
    return torch.tensor(values, dtype=getattr(torch, dtype)).view(shape)


if "decoupled_weight_decay" not in torch.optim.Adam([torch.zeros(1)]).defaults:
    sys.exit("cannot: torch is older than 2.7")
if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
    sys.exit("cannot: PyTorch uses no fma on this CPU")
folder = Path(sys.argv[1])
results = []
for i, case in enumerate(json.loads((folder / "cases.json").read_text())):
    groups = [[tensor(**param).requires_grad_() for param in group] for group in case["groups"]]
    params = [param for group in groups for param in group]
    optimizer = getattr(torch.optim, case["rule"])([{"params": group} for group in groups], lr=1)
    optimizer_state.load(optimizer, folder / f"{i}.safetensors")
    for gradients in case["steps"]:
        for param, gradient in zip(params, gradients):
            param.grad = gradient and torch.tensor(gradient, dtype=param.dtype).view_as(param)
        optimizer.step()
    optimizer_state.save(optimizer, folder / f"{i}.safetensors")
    results.append([param.flatten().tolist() for param in params])
(folder / "results.json").write_text(json.dumps(results))
