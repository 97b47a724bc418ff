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

  // In pairs, the first half with the second, until one is left.
  template <class Combine>
  double fold(Combine combine) const {
    constexpr size_t halves = kNormLanes / D::count / 2;
    D::V half[halves];
    for (size_t k = 0; k < halves; k++) half[k] = combine(v[k], v[k + halves]);
    for (size_t count = halves / 2; count >= 1; count /= 2)
      for (size_t k = 0; k < count; k++) half[k] = combine(half[k], half[k + count]);
    double lanes[D::count];
    D::store(lanes, half[0], All{});
    for (size_t count = D::count / 2; count >= 1; count /= 2)
      for (size_t k = 0; k < count; k++) lanes[k] = combine(lanes[k], lanes[k + count]);
    return lanes[0];
  }
  [[gnu::noinline]] double sum() const {
    return fold([](auto a, auto b) { return a + b; });
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
      : on{static_cast<unsigned>(row[kTransformationSwitches])},
        streams(piece),
        length(piece.length),
        multiplier(L::broadcast(static_cast<T>(piece.multiplier))) {
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

  // As the rule gets it.
  [[gnu::always_inline]] V clipped(size_t i, auto lanes) const {
    const V g = measured(i, lanes);
    return on(Transformation::clippedByNorm) ? g * multiplier : g;
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
  const V multiplier;
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
          rates.fold([](auto a, auto b) { return maximum(a, b); })};
}

// The first kSampleRun of each `spacing` elements, in whole vectors but for those at the end.
template <class T>
[[gnu::always_inline]] inline void eachSampled(size_t begin, size_t end, size_t spacing, auto use) {
  size_t at = begin, k = 0;
  for (; end - at >= kSampleRun && at < end; at += spacing, k += kSampleRun)
    for (size_t i = 0; i < kSampleRun; i += Lanes<T>::count) use(at + i, k + i, All{});
  if (at >= end) return;
  for (size_t i = 0; i < end - at; i += Lanes<T>::count) use(at + i, k + i, atMost<T>(end - at - i));
}

template <class T>
void rememberSample(const Piece& piece, T* sample) {
  const AroundStreams<T> streams(piece);
  eachSampled<T>(0, piece.length, piece.spacing, [&](size_t i, size_t k, auto lanes) {
    Lanes<T>::store(sample + k, streams.parameter(i, lanes), lanes);
  });
}

// The chunks of a piece, each from its first element to its end, and where its sums go.
void eachChunk(size_t length, double* sums, auto use) {
  for (size_t at = 0; at < length; at += kNormChunk, sums += kSampleSums)
    use(at, length - at < kNormChunk ? length : at + kNormChunk, sums);
}

template <class T>
void compareSample(const Piece& piece, const T* before, double* sums) {
  const AroundStreams<T> streams(piece);
  eachChunk(piece.length, sums, [&](size_t at, size_t end, double* ofChunk) {
    Spread parameters, updates;
    eachSampled<T>(at, end, piece.spacing, [&](size_t i, size_t k, auto lanes) {
      const Wide<T> p(streams.parameter(i, lanes)), old(Lanes<T>::load(before + k, lanes));
      for (size_t j = 0; j < p.count; j++) {
        const auto update = p.v[j] - old.v[j];
        parameters.v[k % kNormLanes / Spread::D::count + j] += p.v[j] * p.v[j];
        updates.v[k % kNormLanes / Spread::D::count + j] += update * update;
      }
    });
    ofChunk[kParameterSquares] = parameters.sum();
    ofChunk[kUpdateSquares] = updates.sum();
    before += kNormChunk / piece.spacing * kSampleRun;
  });
}

template <class T>
void estimateDistance(const Piece& piece, Row row, const double* numbers, T* kept, double* sums) {
  using L = Lanes<T>;
  const Gradients<T> gradients(piece, row);
  const AroundStreams<T> streams(piece);
  const auto decay = L::broadcast(static_cast<T>(numbers[kDistanceDecay]));
  const auto weight = L::broadcast(static_cast<T>(numbers[kDistanceWeight]));
  const bool starts = numbers[kDistanceStarts] != 0;
  eachSampled<T>(0, piece.length, piece.spacing, [&](size_t i, size_t k, auto) {
    streams.prefetchSample(i);
    __builtin_prefetch(kept + 2 * k, 1, 2);
  });
  eachChunk(piece.length, sums, [&](size_t at, size_t end, double* ofChunk) {
    Spread numerator, denominator;
    eachSampled<T>(at, end, piece.spacing, [&](size_t i, size_t k, auto lanes) {
      T* first = kept + k / kSampleRun * kDistanceRun + k % kSampleRun;
      T* sum = first + kSampleRun;
      const auto g = gradients.clipped(i, lanes), p = streams.parameter(i, lanes);
      if (starts) L::store(first, p, lanes);
      const auto q = fma(weight, g, decay * L::load(sum, All{}));
      L::store(sum, q, lanes);
      const Wide<T> wideG(g), way(L::load(first, All{}) - p), size(abs(q));
      for (size_t j = 0; j < wideG.count; j++) {
        const size_t lane = k % kNormLanes / Spread::D::count + j;
        numerator.v[lane] += wideG.v[j] * way.v[j];
        denominator.v[lane] += size.v[j];
      }
    });
    ofChunk[kDistanceNumerator] = numerator.sum();
    ofChunk[kDistanceDenominator] = denominator.sum();
    kept += kNormChunk / piece.spacing * kDistanceRun;
  });
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
    [](const Piece& piece, Row row, const double* numbers, void* kept, double* sums) {
      if (piece.type == DataType::float64)
        estimateDistance(piece, row, numbers, static_cast<double*>(kept), sums);
      else
        estimateDistance(piece, row, numbers, static_cast<float*>(kept), sums);
    },
};

const Around& around() { return kAround; }
