# What PyTorch's users write around optimizer.step().
#
#   pip install torch==2.13.0 numpy

from importlib.metadata import version

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

FRAMEWORK = f"PyTorch {version('torch').split('+')[0]}"


def train(case, params, gradients):
    o = case["options"]
    module = torch.nn.ParameterDict({name: torch.from_numpy(p) for name, p in params.items()})
    parameters = list(module.values())
    optimizer = torch.optim.SGD(
        parameters, lr=1, weight_decay=o.get("weightDecay", 0), maximize=o.get("maximize", False), foreach=False
    )
    every = o.get("accumulationSteps", 1)
    scaler = torch.amp.GradScaler(
        "cpu",
        enabled=o.get("dynamicLossScale", False),
        init_scale=o.get("lossScale", 1),
        growth_interval=o.get("lossScaleGrowthInterval", 2000),
    )
    average = None
    for call, given in enumerate(gradients, 1):
        loss = sum(scaler.scale((p * torch.from_numpy(given[name])).sum()) for name, p in module.items())
        loss.backward()  # adds the scaled gradients to .grad
        if call % every == 0:
            scaler.unscale_(optimizer)
            for p in parameters:
                p.grad /= every
            if "clipValue" in o:
                clip_grad_value_(parameters, o["clipValue"])
            for p in parameters if "clipNorm" in o else []:
                clip_grad_norm_([p], o["clipNorm"])
            if "clipGlobalNorm" in o:
                clip_grad_norm_(parameters, o["clipGlobalNorm"])
            before = [p.detach().clone() for p in parameters]
            scaler.step(optimizer)
            updated = any(not torch.equal(p, old) for p, old in zip(parameters, before, strict=True))
            with torch.no_grad():
                for p in parameters if "lowerBound" in o else []:
                    p.clamp_(o["lowerBound"], o["upperBound"])
            scaler.update()
            optimizer.zero_grad()
            if "averageDecay" in o and updated:
                if average is None:
                    average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(o["averageDecay"]))
                average.update_parameters(module)
        after = {"params": {name: p.detach().numpy() for name, p in module.items()}}
        if "dynamicLossScale" in o:
            after["scale"] = scaler.get_scale()
        if average is not None:
            after["averages"] = {name: p.detach().numpy() for name, p in average.module.items()}
        yield after


DYNAMIC = {"dynamicLossScale": True, "lossScale": 1024, "lossScaleGrowthInterval": 5}
CASES = [
    {"does": "clip_grad_value_", "options": {"clipValue": 0.3}},
    {"does": "clip_grad_norm_ of each tensor", "options": {"clipNorm": 400}},
    {"does": "clip_grad_norm_ of all", "options": {"clipGlobalNorm": 800}},
    {"does": "sums of 4 calls in .grad, divided", "options": {"accumulationSteps": 4}},
    {"does": "sums of 3 calls in .grad, divided", "options": {"accumulationSteps": 3}},
    {"does": "GradScaler", "options": DYNAMIC, "infinite": [1, 2, 11, 30, 31, 50]},
    {"does": "AveragedModel", "options": {"averageDecay": 0.9}},
    {"does": "AveragedModel, of which little stays", "options": {"averageDecay": 0.3}},
    {"does": "clamp_ of parameters", "options": {"lowerBound": -1, "upperBound": 0.5}},
    {
        "does": "all of it, but norms",
        "options": {
            **DYNAMIC,
            "accumulationSteps": 3,
            "clipValue": 0.3,
            "weightDecay": 0.01,
            "maximize": True,
            "lowerBound": -1,
            "upperBound": 1.5,
            "averageDecay": 0.9,
        },
    },
]
