# Lion by the paper's algorithm, in numpy and exact fractions: PyTorch has no Lion to compare with.

from fractions import Fraction

import numpy as np

EXPONENTS = {"float32": (-149, 24, 128), "float64": (-1074, 53, 1024)}  # of the least number; bits; of infinity


def rounded(value, dtype):
    """A fraction other than 0, to the nearest number of the type, ties to even."""
    least, bits, top = EXPONENTS[dtype]
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent += size >= Fraction(2) ** exponent
    unit = Fraction(2) ** max(exponent - bits, least)
    result = round(size / unit) * unit  # Python rounds ties to even
    magnitude = float(result) if result < Fraction(2) ** top else np.inf
    return np.copysign(magnitude, 1 if value > 0 else -1)


def product_and_sum(a, b, c, dtype):
    """a * b + c, rounded once."""
    if not (np.isfinite(a) and np.isfinite(b) and np.isfinite(c)):
        return a * b + c
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    # Zeros have signs, and where the sum is exactly 0 no operation on the way rounds.
    return rounded(exact, dtype) if exact else a * b + c


class Lion:
    """Algorithm 2 of arXiv:2302.06675, for one tensor. Weight decay is decoupled, or part of the gradient."""

    def __init__(self, params, o):
        self.p, self.m, self.o = params.copy(), np.zeros_like(params), o
        self.dtype = str(params.dtype)

    def fused(self, a, b, c):
        numbers = zip(np.broadcast_to(a, b.shape), b, c, strict=True)
        return np.array([product_and_sum(*each, self.dtype) for each in numbers], self.dtype)

    def step(self, g, rate):
        o, scalar = self.o, self.p.dtype.type
        with np.errstate(all="ignore"):
            if o["maximize"]:
                g = -g
            if o["weightDecay"] and o["weightDecayMode"] == "l2":
                g = self.fused(scalar(o["weightDecay"]), self.p, g)
            elif o["weightDecay"]:
                self.p = self.p * scalar(1 - rate * o["weightDecay"])
            # c_t = beta1 * m + (1 - beta1) * g
            c = self.fused(scalar(1 - o["beta1"]), g, scalar(o["beta1"]) * self.m)
            direction = np.where(np.isnan(c), scalar(0), np.sign(c) + scalar(0))  # -0 becomes 0
            # theta_t = theta - rate * sign(c_t)
            self.p = self.fused(scalar(-rate), direction, self.p)
            # m_t = beta2 * m + (1 - beta2) * g
            self.m = self.fused(scalar(1 - o["beta2"]), g, scalar(o["beta2"]) * self.m)
