# optax, compiled by jax.jit.
#
#   pip install jax optax numpy

from importlib.metadata import version

import jax
import jax.numpy as jnp
import optax

FRAMEWORK = f"optax {version('optax')}"


def train(case, params, gradients):
    o = case["options"]
    chain = []
    if "clipValue" in o:
        chain.append(optax.clip(o["clipValue"]))
    if "clipGlobalNorm" in o:
        chain.append(optax.clip_by_global_norm(o["clipGlobalNorm"]))
    optimizer = optax.chain(*chain, optax.sgd(1.0))
    if "accumulationSteps" in o:
        optimizer = optax.MultiSteps(optimizer, o["accumulationSteps"])
    if o.get("onNonFinite") == "skip":
        optimizer = optax.apply_if_finite(optimizer, max_consecutive_errors=10)
    p = {name: jnp.asarray(x) for name, x in params.items()}
    state = optimizer.init(p)

    @jax.jit
    def step(p, g, state):
        updates, state = optimizer.update(g, state, p)
        p = optax.apply_updates(p, updates)
        if "lowerBound" in o:
            lower, upper = (jax.tree.map(lambda x: jnp.full_like(x, o[end]), p) for end in ("lowerBound", "upperBound"))
            p = optax.projections.projection_box(p, lower, upper)
        return p, state

    average = None
    for g in gradients:
        p, state = step(p, g, state)
        after = {"params": p}
        if "averageDecay" in o:
            average = p if average is None else optax.incremental_update(p, average, 1 - o["averageDecay"])
            after["averages"] = average
        yield after


CASES = [
    {"does": "clip", "options": {"clipValue": 0.3}},
    {"does": "clip_by_global_norm", "options": {"clipGlobalNorm": 800}},
    {"does": "clip, then clip_by_global_norm", "options": {"clipValue": 0.3, "clipGlobalNorm": 1.6875}},
    {"does": "MultiSteps of 4", "options": {"accumulationSteps": 4}},
    {"does": "MultiSteps of 3, and clip", "options": {"accumulationSteps": 3, "clipValue": 0.3}},
    {"does": "apply_if_finite", "options": {"onNonFinite": "skip"}, "infinite": [1, 2, 11, 30, 31, 50]},
    {"does": "projection_box", "options": {"lowerBound": -1, "upperBound": 0.5}},
    {"does": "incremental_update", "options": {"averageDecay": 0.9}},
]
