"""Times optimizer steps of PyTorch and optax on request; peers/python.mts is at the other end of the pipe.

Any Python from 3.10 on, and what of this you want to compare with:

    pip install torch --index-url https://download.pytorch.org/whl/cpu    # torch.compile wants a C++ compiler, too
    pip install jax optax

Each line that comes in is a request as JSON, each line that goes out its answer:

    {"do": "list"}                                -> the version of each peer, or why it is missing
    {"do": "prepare", "peer", "rule", "count", "length", "threads"} -> {"seconds"}: first steps and compilation
    {"do": "time", "peer", "calls"}               -> {"nanoseconds", "calm"}: of one call, and whether undisturbed
    {"do": "release"}                             -> forgets everything that was prepared
"""

import functools
import gc
import json
import os
import resource
import sys
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever a library prints does not belong among the answers

RATE, MOMENTUM = 1e-3, 0.9


def torch_step(peer, rule, tensors, threads):
    import torch

    torch.set_num_threads(threads)
    # Copies, since numpy asks for huge pages, which is not what tensors of PyTorch's own have.
    params = [torch.nn.Parameter(torch.from_numpy(p).clone()) for p, _ in tensors]
    for param, (_, g) in zip(params, tensors):
        param.grad = torch.from_numpy(g).clone()
    how = {
        "torch-loop": dict(foreach=False),
        "torch-foreach": dict(foreach=True),
        "torch-fused": dict(fused=True),
        "torch-compile": dict(foreach=True),  # as fast as without, and compiled sooner
    }[peer]
    optim = torch.optim
    optimizer = {
        "rmsprop": lambda: optim.RMSprop(params, RATE, alpha=0.9, eps=1e-7, **how),
        "rmsprop-full": lambda: optim.RMSprop(
            params, RATE, alpha=0.9, eps=1e-7, momentum=MOMENTUM, centered=True, **how
        ),
        "sgd-momentum": lambda: optim.SGD(params, RATE, momentum=MOMENTUM, **how),
        "adam": lambda: optim.Adam(params, RATE, **how),
        "adamw": lambda: optim.AdamW(params, RATE, **how),
    }[rule]()
    if peer != "torch-compile":
        return optimizer.step, lambda: None
    torch._dynamo.reset()  # or it falls back to eager after eight shapes
    return torch.compile(lambda: optimizer.step(), dynamic=False), lambda: None


def optax_step(peer, rule, tensors, threads):
    import jax
    import optax
    import optax.contrib

    optimizer = {
        "rmsprop": lambda: optax.rmsprop(RATE, decay=0.9, eps=1e-7),
        "rmsprop-full": lambda: optax.rmsprop(RATE, decay=0.9, eps=1e-7, centered=True, momentum=MOMENTUM),
        "sgd-momentum": lambda: optax.sgd(RATE, momentum=MOMENTUM),
        "adam": lambda: optax.adam(RATE),
        "adamw": lambda: optax.adamw(RATE, weight_decay=0.01),
        "schedule-free-rmsprop": lambda: optax.contrib.schedule_free(
            optax.rmsprop(RATE, decay=0.99, eps_in_sqrt=False), RATE
        ),
        "schedule-free-adamw": lambda: optax.contrib.schedule_free_adamw(RATE),
    }[rule]()

    def update(params, state, gradients):
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    update = jax.jit(update, donate_argnums=(0, 1))  # in place
    gradients = [jax.numpy.array(g) for _, g in tensors]
    held = [jax.numpy.array(p) for p, _ in tensors]
    held = [held, optimizer.init(held)]

    def step():
        held[:] = update(*held, gradients)

    return step, lambda: jax.block_until_ready(held)


PEERS = {
    "torch-loop": torch_step,
    "torch-foreach": torch_step,
    "torch-fused": torch_step,
    "torch-compile": torch_step,
    "optax": optax_step,
}
prepared = {}


def list_peers(_):
    def version(*modules):
        try:
            return {"version": ", ".join(f"{m} {__import__(m).__version__}" for m in modules)}
        except Exception as error:
            return {"missing": f"{type(error).__name__}: {error}"}

    found = {torch_step: version("torch"), optax_step: version("jax", "optax")}
    return {"python": sys.version.split()[0], "peers": {peer: found[make] for peer, make in PEERS.items()}}


@functools.lru_cache(1)
def tensors_of(count, length):
    import numpy

    random = numpy.random.default_rng(1)

    def tensor():
        p = 0.05 + 0.1 * random.random(length, numpy.float32)
        g = 0.005 + 0.01 * random.random(length, numpy.float32)
        g[random.random(length, numpy.float32) < 0.5] *= -1
        return p, g

    return [tensor() for _ in range(count)]


def prepare(request):
    tensors = tensors_of(request["count"], request["length"])
    start = time.perf_counter()
    peer = request["peer"]
    step, finish = PEERS[peer](peer, request["rule"], tensors, request["threads"])
    for _ in range(3):
        step()
        finish()
    prepared[peer] = step, finish
    return {"seconds": time.perf_counter() - start}


def time_calls(request):
    step, finish = prepared[request["peer"]]
    calls = request["calls"]
    for _ in range((calls + 3) // 4 if calls > 1 else 0):  # fills the caches and wakes the threads, after a sleep
        step()
    finish()
    before = interruptions()
    start = time.perf_counter_ns()
    for _ in range(calls):
        step()
    finish()
    taken = time.perf_counter_ns() - start
    return {"nanoseconds": taken / calls, "calm": interruptions() == before}


def interruptions():
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def release(_):
    prepared.clear()
    gc.collect()
    return {}


requests = {"list": list_peers, "prepare": prepare, "time": time_calls, "release": release}
gc.disable()
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = requests[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0][:200]}
    print(json.dumps(answer), file=answers, flush=True)
