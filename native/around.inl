// What happens around the sweep, whatever the rule, to a piece that stays in the first caches meanwhile. Included by
// sweep.inl.
#include "parameter.h"
#include "streams/around.h"
#include "transformation.h"

// The settings of one stage, for vectors of T.
template <class T, class Stage>
struct Settings {
  Settings(Row row, unsigned switchesAt, unsigned scalarsAt) : on{static_cast<unsigned>(row[switchesAt])} {
    for (unsigned k = 0; k < Stage::ScalarCount; k++) c[k] = Lanes<T>::broadcast(static_cast<T>(row[scalarsAt + k]));
  }
  Switches<0, 0> on;
  typename Lanes<T>::V c[Stage::ScalarCount];
};

// Calls use for every vector of a piece.
template <class T>
[[gnu::always_inline]] inline void eachVector(size_t length, auto use) {
  size_t i = 0;
  for (; i + Lanes<T>::count <= length; i += Lanes<T>::count) use(i, All{});
  if (i < length) use(i, length - i);
}

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
  double sum() const {
    return fold([](double a, double b) { return a + b; });
  }
};

template <class T>
struct BeforeSweep : Settings<T, Transformation> {
  using L = Lanes<T>;
  using V = typename L::V;
  using Settings<T, Transformation>::on;
  using Settings<T, Transformation>::c;

  BeforeSweep(const Piece& piece, Row row)
      : Settings<T, Transformation>(row, kTransformationSwitches, kScalars), streams(piece), length(piece.length) {
    c[Transformation::multiplier] = L::broadcast(static_cast<T>(piece.multiplier));
  }

  [[gnu::always_inline]] V sum(size_t i, auto lanes) const {
    return on(Transformation::accumulated) ? streams.common(gradientSum, i, lanes) : V{};
  }

  // Writes the gradient that the sweep is to have.
  void transform(T* to) const {
    eachVector<T>(length, [&](size_t i, auto lanes) {
      V s = sum(i, lanes);
      L::store(to + i, Transformation::update(streams.gradient(i, lanes), s, c, on), lanes);
      if (on(Transformation::accumulated)) streams.setCommon(gradientSum, i, s, lanes);
    });
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

  // The sum of the squares of a chunk.
  double sumOfSquares() const {
    Spread sums;
    const auto add = [&](size_t k, V x) {
      const Wide<T> wide(x);
      for (size_t j = 0; j < wide.count; j++) sums.v[k * wide.count + j] += wide.v[j] * wide.v[j];
    };
    size_t i = 0;
    for (; i + kNormLanes <= length; i += kNormLanes)
      for (size_t k = 0; k < kNormLanes / L::count; k++) add(k, measured(i + k * L::count, All{}));
    for (size_t k = 0; i < length; k++, i += L::count)
      add(k, length - i < L::count ? measured(i, length - i) : measured(i, All{}));
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
      L::store(parameter + i, streams.storedParameter(i, lanes), lanes);
    });
  }

  AroundStreams<T> streams;
  size_t length;
};

template <class T>
void finish(const Piece& piece, Row row, unsigned scalarsAt) {
  using V = typename Lanes<T>::V;
  const Settings<T, Parameter> settings(row, kParameterSwitches, scalarsAt);
  const auto& [on, c] = settings;
  const AroundStreams<T> streams(piece);
  eachVector<T>(piece.length, [&](size_t i, auto lanes) {
    V p = streams.parameter(i, lanes), average = V{};
    if (on(Parameter::averaged)) average = streams.common(parameterAverage, i, lanes);
    Parameter::update(p, average, c, on);
    if (on(Parameter::bounded)) streams.setParameter(i, p, lanes);
    if (on(Parameter::averaged)) streams.setCommon(parameterAverage, i, average, lanes);
  });
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
  eachVector<T>(piece.length, [&](size_t i, auto lanes) {
    const Wide<T> g(L::load(gradient + i, lanes)), old(L::load(before + i, lanes)),
        p(streams.storedParameter(i, lanes));
    for (size_t j = 0; j < g.count; j++) {
      const size_t k = i % kNormLanes / Spread::D::count + j;
      const V update = p.v[j] - old.v[j];
      gradients.v[k] += squareOfFinite(g.v[j]);
      updates.v[k] += squareOfFinite(update);
      parameters.v[k] += squareOfFinite(p.v[j]);
      zeroUpdates.v[k] += update == 0.0 ? V{} + 1.0 : V{};
      rates.v[k] = maximum(g.v[j] == 0.0 ? V{} : abs(update) / abs(g.v[j]), rates.v[k]);
    }
  });
  // The lanes of the last vector that have no number hold 0.
  const size_t none = (L::count - piece.length % L::count) % L::count;
  return {gradients.sum(), updates.sum(), parameters.sum(), zeroUpdates.sum() - static_cast<double>(none),
          rates.fold(maximum<double>)};
}

constexpr Around around = {
    [](const Piece& piece, Row row, void* to) {
      if (piece.type == DataType::float64)
        BeforeSweep<double>(piece, row).transform(static_cast<double*>(to));
      else
        BeforeSweep<float>(piece, row).transform(static_cast<float*>(to));
    },
    [](const Piece& piece, Row row) {
      if (piece.type == DataType::float64)
        BeforeSweep<double>(piece, row).accumulate();
      else
        BeforeSweep<float>(piece, row).accumulate();
    },
    [](const Piece& piece, Row row) {
      return piece.type == DataType::float64 ? BeforeSweep<double>(piece, row).sumOfSquares()
                                             : BeforeSweep<float>(piece, row).sumOfSquares();
    },
    [](const Piece& piece, Row row, unsigned scalarsAt) {
      (piece.type == DataType::float64 ? finish<double> : finish<float>)(piece, row, scalarsAt);
    },
    [](const Piece& piece, Row row, void* gradient, void* parameter) {
      if (piece.type == DataType::float64)
        BeforeSweep<double>(piece, row).remember(static_cast<double*>(gradient), static_cast<double*>(parameter));
      else
        BeforeSweep<float>(piece, row).remember(static_cast<float*>(gradient), static_cast<float*>(parameter));
    },
    [](const Piece& piece, const void* gradient, const void* parameter) {
      return piece.type == DataType::float64
                 ? compare(piece, static_cast<const double*>(gradient), static_cast<const double*>(parameter))
                 : compare(piece, static_cast<const float*>(gradient), static_cast<const float*>(parameter));
    },
};
