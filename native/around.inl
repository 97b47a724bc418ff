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

  // The sum of the squares of a chunk, spread over kNormLanes sums: in `wide` vectors of float64 for each vector.
  double sumOfSquares() const {
    constexpr size_t wide = L::count / Lanes<double>::count, vectors = kNormLanes / L::count;
    typename Lanes<double>::V sums[vectors * wide]{};
    size_t i = 0;
    for (; i + kNormLanes <= length; i += kNormLanes)
      for (size_t k = 0; k < vectors; k++) L::addSquares(measured(i + k * L::count, All{}), sums + k * wide);
    for (size_t k = 0; i < length; k++, i += L::count)
      L::addSquares(length - i < L::count ? measured(i, length - i) : measured(i, All{}), sums + k * wide);

    double lanes[kNormLanes];
    for (size_t k = 0; k < vectors * wide; k++) Lanes<double>::store(lanes + k * Lanes<double>::count, sums[k], All{});
    for (size_t half = kNormLanes / 2; half >= 1; half /= 2)
      for (size_t k = 0; k < half; k++) lanes[k] += lanes[k + half];
    return lanes[0] < __builtin_inf() || allFinite() ? lanes[0] : __builtin_nan("");
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
};
