"""The state of a torch.optim optimizer as a file of the npm package rmsprop: its savePyTorchState and loadPyTorchState."""

import json

from safetensors import safe_open
from safetensors.torch import save_file

NUMBERS = ("step", "mu_product")  # of a whole tensor


def save(optimizer, path):
    state = optimizer.state_dict()
    tensors = {f"state.{i}.{name}": value.detach().cpu().contiguous()
               for i, values in state["state"].items() for name, value in values.items() if value is not None}
    groups = json.dumps(state["param_groups"], default=float)
    save_file(tensors, path, {"optimizer": type(optimizer).__name__, "param_groups": groups})


def load(optimizer, path):
    with safe_open(path, "pt") as file:
        about, name = file.metadata() or {}, type(optimizer).__name__
        if about.get("optimizer") != name:
            raise ValueError(f"Expected a state of {name}, but received one of {about.get('optimizer')}")
        params, state = [p for group in optimizer.param_groups for p in group["params"]], {}
        for key in file.keys():
            _, i, kind = key.split(".")
            value = file.get_tensor(key)
            state.setdefault(int(i), {})[kind] = value if kind in NUMBERS else value.view_as(params[int(i)])
    optimizer.load_state_dict({"state": state, "param_groups": json.loads(about["param_groups"])})
    for i, values in state.items():  # load_state_dict gives mu_product the type of the parameter
        optimizer.state[params[i]] |= {kind: value for kind, value in values.items() if kind == "mu_product"}
