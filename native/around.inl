// What happens to gradients and parameters beside the sweep, whatever the rule. Included after sweep.inl.
#include "streams/around.h"

// The numbers of a vector, as float64.
template <class T>
struct Wide {
  using D = Lanes<double>;
  static constexpr size_t count = Lanes<T>::count / D::count;

  [[gnu::always_inline]] explicit Wide(typename Lanes<T>::V x) { Lanes<T>::toDouble(x, v); }
  typename D::V v[count];
};

// A chunk's numbers of float64, spread over kNormLanes sums.
struct Spread {
  using D = Lanes<double>;
  D::V v[kNormLanes / D::count]{};

  template <class Combine>
  double fold(Combine combine) const {
    double lanes[kNormLanes];
    for (size_t k = 0; k < kNormLanes / D::count; k++) D::store(lanes + k * D::count, v[k], All{});
    for (size_t half = kNormLanes / 2; half >= 1; half /= 2)
      for (size_t k = 0; k < half; k++) lanes[k] = combine(lanes[k], lanes[k + half]);
    return lanes[0];
  }
  [[gnu::noinline]] double sum() const {
    return fold([](double a, double b) { return a + b; });
  }
};

// As many lanes as a vector has, or fewer.
template <class T>
size_t atMost(size_t lanes) {
  return lanes < Lanes<T>::count ? lanes : Lanes<T>::count;
}

// Gradients before an update, and on their way to one that is not made yet.
template <class T>
struct Gradients {
  using L = Lanes<T>;
  using V = typename L::V;

  Gradients(const Piece& piece, Row row)
      : on{static_cast<unsigned>(row[kTransformationSwitches])}, streams(piece), length(piece.length) {
    for (unsigned k = 0; k < Transformation::ScalarCount; k++) c[k] = L::broadcast(static_cast<T>(row[kScalars + k]));
  }

  [[gnu::always_inline]] V sum(size_t i, auto lanes) const {
    return on(Transformation::accumulated) ? streams.common(gradientSum, i, lanes) : V{};
  }

  void accumulate() const {
    eachVector<T>(length, [&](size_t i, auto lanes) {
      const V s = streams.common(gradientSum, i, lanes);
      streams.setCommon(gradientSum, i, Transformation::accumulate(streams.gradient(i, lanes), s, c, on), lanes);
    });
  }

  [[gnu::always_inline]] V measured(size_t i, auto lanes) const {
    return Transformation::measured(streams.gradient(i, lanes), sum(i, lanes), c, on);
  }

  // The sum of the squares of a chunk. Mostly they are those of the caller's float32, with nothing to be looked at.
  double sumOfSquares() const {
    const bool asGiven = (on.rest & ~bit(Transformation::clippedByNorm)) == 0 && streams.gradientIsWide();
    if (sizeof(T) == 4 && asGiven)
      return sumOfSquares([&](size_t i, auto lanes) { return streams.wideGradient(i, lanes); });
    return sumOfSquares([&](size_t i, auto lanes) { return measured(i, lanes); });
  }

  double sumOfSquares(auto number) const {
    Spread sums;
    const auto add = [&](size_t k, V x) {
      const Wide<T> wide(x);
      for (size_t j = 0; j < wide.count; j++) sums.v[k * wide.count + j] += wide.v[j] * wide.v[j];
    };
    size_t i = 0;
    for (; i + kNormLanes <= length; i += kNormLanes) {
      streams.prefetchGradient(i);
      for (size_t k = 0; k < kNormLanes / L::count; k++) add(k, number(i + k * L::count, All{}));
    }
    for (size_t k = 0; i < length; k++, i += L::count) add(k, number(i, atMost<T>(length - i)));
    const double sum = sums.sum();
    return sum < __builtin_inf() || allFinite() ? sum : __builtin_nan("");
  }

  // Squares of float64 can be infinite where the numbers are not.
  [[gnu::noinline]] bool allFinite() const {
    for (size_t i = 0; i < length; i++) {
      T x[L::count];
      L::store(x, measured(i, size_t{1}), All{});
      if (!(x[0] - x[0] == 0)) return false;
    }
    return true;
  }

  void remember(T* gradient, T* parameter) const {
    eachVector<T>(length, [&](size_t i, auto lanes) {
      L::store(gradient + i, measured(i, lanes), lanes);
      L::store(parameter + i, streams.parameter(i, lanes), lanes);
    });
  }

  const Switches<0, 0> on;
  V c[Transformation::ScalarCount];
  const AroundStreams<T> streams;
  const size_t length;
};

// Gradients as float32, of whatever narrower type they are.
void widen(const Piece& piece, float* to) {
  const AroundStreams<float> streams(piece);
  eachVector<float>(piece.length,
                    [&](size_t i, auto lanes) { Lanes<float>::store(to + i, streams.gradient(i, lanes), lanes); });
}

// x * x; NaN if x is not finite. The square of a finite float64 can be infinite.
template <class V>
V squareOfFinite(V x) {
  return x * x + (x - x);
}

// The sums are spread as those of `sumOfSquares`, and have the same bits.
template <class T>
Change compare(const Piece& piece, const T* gradient, const T* before) {
  using L = Lanes<T>;
  using V = Spread::D::V;
  const AroundStreams<T> streams(piece);
  Spread gradients, updates, parameters, zeroUpdates, rates;
  for (size_t i = 0; i < piece.length; i += L::count) {
    const size_t lanes = atMost<T>(piece.length - i);
    const Wide<T> g(L::load(gradient + i, lanes)), old(L::load(before + i, lanes)), p(streams.parameter(i, lanes));
    for (size_t j = 0; j < g.count; j++) {
      const size_t k = i % kNormLanes / Spread::D::count + j;
      const V update = p.v[j] - old.v[j];
      gradients.v[k] += squareOfFinite(g.v[j]);
      updates.v[k] += squareOfFinite(update);
      parameters.v[k] += squareOfFinite(p.v[j]);
      zeroUpdates.v[k] += update == 0.0 ? V{} + 1.0 : V{};
      rates.v[k] = maximum(g.v[j] == 0.0 ? V{} : abs(update) / abs(g.v[j]), rates.v[k]);
    }
  }
  // The lanes of the last vector that have no number hold 0.
  const size_t none = (L::count - piece.length % L::count) % L::count;
  return {gradients.sum(), updates.sum(), parameters.sum(), zeroUpdates.sum() - static_cast<double>(none),
          rates.fold(maximum<double>)};
}

// The first kSample elements of each block.
template <class T>
void eachSampled(size_t length, auto use) {
  size_t next = 0;
  for (size_t block = 0; block < length; block += kBlock) {
    const size_t count = length - block < kSample ? length - block : kSample;
    for (size_t k = 0; k < count; k += Lanes<T>::count) use(block + k, next + k, atMost<T>(count - k));
    next += count;
  }
}

template <class T>
void rememberSample(const Piece& piece, T* sample) {
  const AroundStreams<T> streams(piece);
  eachSampled<T>(piece.length, [&](size_t i, size_t k, size_t lanes) {
    Lanes<T>::store(sample + k, streams.parameter(i, lanes), lanes);
  });
}

template <class T>
void compareSample(const Piece& piece, const T* before, double* sums) {
  const AroundStreams<T> streams(piece);
  Spread parameters, updates;
  eachSampled<T>(piece.length, [&](size_t i, size_t k, size_t lanes) {
    const Wide<T> p(streams.parameter(i, lanes)), old(Lanes<T>::load(before + k, lanes));
    for (size_t j = 0; j < p.count; j++) {
      const auto update = p.v[j] - old.v[j];
      parameters.v[k % kNormLanes / Spread::D::count + j] += p.v[j] * p.v[j];
      updates.v[k % kNormLanes / Spread::D::count + j] += update * update;
    }
  });
  sums[0] = parameters.sum();
  sums[1] = updates.sum();
}

constexpr Around kAround = {
    widen,
    [](const Piece& piece, Row row) {
      if (piece.type == DataType::float64)
        Gradients<double>(piece, row).accumulate();
      else
        Gradients<float>(piece, row).accumulate();
    },
    [](const Piece& piece, Row row) {
      return piece.type == DataType::float64 ? Gradients<double>(piece, row).sumOfSquares()
                                             : Gradients<float>(piece, row).sumOfSquares();
    },
    [](const Piece& piece, Row row, void* gradient, void* parameter) {
      if (piece.type == DataType::float64)
        Gradients<double>(piece, row).remember(static_cast<double*>(gradient), static_cast<double*>(parameter));
      else
        Gradients<float>(piece, row).remember(static_cast<float*>(gradient), static_cast<float*>(parameter));
    },
    [](const Piece& piece, const void* gradient, const void* parameter) {
      return piece.type == DataType::float64
                 ? compare(piece, static_cast<const double*>(gradient), static_cast<const double*>(parameter))
                 : compare(piece, static_cast<const float*>(gradient), static_cast<const float*>(parameter));
    },
    [](const Piece& piece, void* parameter) {
      if (piece.type == DataType::float64)
        rememberSample(piece, static_cast<double*>(parameter));
      else
        rememberSample(piece, static_cast<float*>(parameter));
    },
    [](const Piece& piece, const void* parameter, double* sums) {
      if (piece.type == DataType::float64)
        compareSample(piece, static_cast<const double*>(parameter), sums);
      else
        compareSample(piece, static_cast<const float*>(parameter), sums);
    },
};

const Around& around() { return kAround; }
