// The one loop. Every file of native/isa/ includes this inside its anonymous namespace, after defining
//   All, which says that all lanes are to be loaded or stored; a number says how many of the first are,
//   fma, sqrt and divide of its vectors V, toFloat of 32-bit integers,
//   template <class T> struct Lanes: V, count, broadcast, load and store; for float also
//   Bits (the 32-bit integers of a V), places (0, 1, ... count - 1), widen and narrow (loads and stores of codes),
//   largest, anyDenormal, anyOutside; toDouble, to vectors of float64,
//   kSpecialize, whether a sweep for each choice of switches is worth its code, and kMeetsSlowDenormals, whether
//   some of its processors take long for denormal numbers.
// Nothing here may have external linkage: the linker would keep one ISA's copy for all of them.
#include "vector.h"

#include "gradient.h"
#include "parameter.h"
#include "rules/rules.h"
#include "switches.h"
#include "transformation.h"

// An element of memory, if there is any.
template <class T>
T* at(void* memory, size_t element) {
  return memory ? static_cast<T*>(memory) + element : nullptr;
}

// Calls use for every vector of a piece.
template <class T>
[[gnu::always_inline]] inline void eachVector(size_t length, auto use) {
  size_t i = 0;
  for (; i + Lanes<T>::count <= length; i += Lanes<T>::count) use(i, All{});
  if (i < length) use(i, length - i);
}

#include "streams/careful.h"
#include "streams/same.h"
#include "streams/some-lanes.h"

// What an instantiation of the sweep can do: the compiler drops the stages that are idle.
enum class Can : unsigned { gradientAndRule, everything };

[[maybe_unused]] Can needed(Row row) {
  return row[kTransformationSwitches] != 0 || row[kParameterSwitches] != 0 ? Can::everything : Can::gradientAndRule;
}

// The switches of all stages.
template <Can can, unsigned ruleKnown, unsigned ruleValue>
struct Stages {
  explicit Stages(Row row)
      : transformation{static_cast<unsigned>(row[kTransformationSwitches])},
        gradient{static_cast<unsigned>(row[kGradientSwitches])},
        rule{static_cast<unsigned>(row[kRuleSwitches])},
        parameter{static_cast<unsigned>(row[kParameterSwitches])} {}

  Switches<can == Can::everything ? 0 : ~0u, 0> transformation;
  Switches<0, 0> gradient;
  Switches<ruleKnown, ruleValue> rule;
  Switches<can == Can::everything ? 0 : ~0u, 0> parameter;
};

// The hyperparameters of all stages. Those of idle ones are not filled in: a small tensor takes less time than that.
template <class Rule, class V>
struct Scalars {
  Uniform<V> transformation[Transformation::ScalarCount], gradient[Gradient::ScalarCount], rule[Rule::ScalarCount],
      parameter[Parameter::ScalarCount];
};

template <class T, class V>
[[gnu::noinline]] void fill(Uniform<V>* to, unsigned count, Row numbers) {
  for (unsigned k = 0; k < count; k++) {
    const T x = static_cast<T>(numbers[k]);
    to[k] = {{Lanes<T>::broadcast(x)}, {Lanes<T>::broadcast(1 / x)}};
  }
}

// Loads the streams of one element per lane, applies the stages, stores what changed.
template <class Rule, class V, class Streams, class On>
[[gnu::always_inline]] inline void update(const Streams& streams, size_t i, const Scalars<Rule, V>& c, On on) {
  V p = streams.parameter(i);
  V g = streams.gradient(i);
  V s[Rule::StateCount]{};
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, on.rule)) s[k] = streams.state(k, i);

  if (on.transformation.any()) {
    const bool accumulated = on.transformation(Transformation::accumulated);
    V sum = accumulated ? streams.common(gradientSum, i) : V{};
    g = Transformation::update(g, sum, c.transformation, on.transformation);
    if (accumulated) streams.setCommon(gradientSum, i, sum);
  }
  if (on.gradient.any()) Gradient::update(p, g, c.gradient, on.gradient);
  Rule::update(p, g, s, c.rule, on.rule);
  if (on.parameter.any()) {
    const bool averaged = on.parameter(Parameter::averaged);
    V average = averaged ? streams.common(parameterAverage, i) : V{};
    Parameter::update(p, average, c.parameter, on.parameter);
    if (averaged) streams.setCommon(parameterAverage, i, average);
  }

  streams.setParameter(i, p);
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, on.rule)) streams.setState(k, i, s[k]);
}

// How many elements come next: whole vectors, from the first aligned one of the parameter on, since one across two
// cache lines costs two accesses; or fewer than a vector has lanes.
template <class T>
size_t nextRun(const Piece& piece, size_t begin, bool aligned) {
  constexpr size_t count = Lanes<T>::count;
  const size_t rest = piece.length - begin;
  if (rest < count) return rest;
  const size_t place = (reinterpret_cast<uintptr_t>(piece.parameter) / sizeof(T) + begin) % count;
  return place > 0 && aligned ? count - place : rest / count * count;
}

size_t sweepCarefully(Sweep sweep, const Piece& piece, size_t from, size_t length, Row row);

template <class T, class Rule, class Streams, Can can, unsigned ruleKnown, unsigned ruleValue>
SWEEP_CALL void sweep(const Piece& piece, Row row) {
  using L = Lanes<T>;
  static_assert(Rule::StateCount <= kMaxStates);
  const Stages<can, ruleKnown, ruleValue> on(row);

  Scalars<Rule, typename Streams::V> c;
  Row next = row + kScalars;
  const auto take = [&](auto& scalars, bool areUsed) {
    constexpr unsigned count = sizeof scalars / sizeof *scalars;
    if (areUsed) fill<T>(scalars, count, next);
    next += count;
  };
  take(c.transformation, on.transformation.any());
  take(c.gradient, on.gradient.any());
  take(c.rule, true);
  take(c.parameter, on.parameter.any());
  if (on.transformation.any()) fill<T>(&c.transformation[Transformation::multiplier], 1, &piece.multiplier);

  SomeLanes<T> some;
  Codec* const codec = Streams::onlyWholeVectors ? nullptr : piece.codec;
  for (size_t done = 0; done < piece.length;) {
    const Piece& now = codec ? codec->decode(*codec, done) : piece;
    for (size_t begin = 0, run; begin < now.length; begin += run) {
      run = Streams::onlyWholeVectors ? now.length : nextRun<T>(now, begin, !codec);
      const bool whole = Streams::onlyWholeVectors || run >= L::count;
      const Streams streams(whole ? now : some.copy(now, begin, run), whole ? begin : 0);
      for (size_t i = 0; i < run;) {
        streams.prefetch(i, on);
        if constexpr (!Streams::isCareful) {
          if (kSlowDenormals && whole && streams.anyDenormal(i, on.rule)) {
            const Sweep careful = sweep<T, Rule, CarefulStreams<Rule>, Can::everything, 0, 0>;
            i += sweepCarefully(careful, now, begin + i, run - i, row);
            continue;
          }
        }
        update<Rule>(streams, i, c, on);
        i += L::count;
      }
      if (!whole) some.putBack();
    }
    done += now.length;
    if (codec) codec->encode(*codec);
  }
}

// Updates the first of some whole vectors, of which some lanes are denormal; tells how many elements.
[[maybe_unused, gnu::noinline]] size_t sweepCarefully(Sweep sweep, const Piece& piece, size_t from, size_t length,
                                                      Row row) {
  Piece part = piece;
  part.parameter = at<float>(piece.parameter, from);
  part.gradient = at<float>(piece.gradient, from);
  for (void*& state : part.state) state = at<float>(state, from);
  for (void*& common : part.common) common = at<float>(common, from);
  part.length = length < kBlock ? length : kBlock;
  part.codec = nullptr;
  sweep(part, row);
  return part.length;
}

// The instantiations of one rule where all memory is of one type. In float32 there is one for every choice of the
// rule's compiled switches, with Gradient idle and with Gradient free, and one for all with all stages. Where a lane or
// two are all that a vector has, branches cost little beside them: float64 and the scalar instruction set do with that.
template <class T, class Rule>
struct Sweeps {
  static constexpr unsigned compiled = Rule::compiled;
  static constexpr unsigned choices = 1u << __builtin_popcount(compiled);

  // Spreads the bits of a choice over the positions of the compiled switches, and gathers them again.
  static constexpr unsigned spread(unsigned choice) {
    unsigned value = 0;
    for (unsigned position = 0; position < Rule::SwitchCount; position++)
      if (compiled & bit(position)) value |= (choice & 1) << position, choice >>= 1;
    return value;
  }
  static unsigned gather(unsigned switches) {
    unsigned choice = 0, next = 0;
    for (unsigned position = 0; position < Rule::SwitchCount; position++)
      if (compiled & bit(position)) choice |= (switches >> position & 1) << next++;
    return choice;
  }

  template <Can can, unsigned known, unsigned value>
  static constexpr Sweep kSweep = sweep<T, Rule, SameStreams<T, Rule>, can, known, value>;

  template <unsigned... choice>
  static Sweep pick(Row row, std::integer_sequence<unsigned, choice...>) {
    static constexpr Sweep sweeps[] = {kSweep<Can::gradientAndRule, compiled, spread(choice)>...};
    return sweeps[gather(static_cast<unsigned>(row[kRuleSwitches]))];
  }
  static Sweep find(Row row) {
    if constexpr (kSpecialize && sizeof(T) == 4) {
      if (needed(row) != Can::everything) return pick(row, std::make_integer_sequence<unsigned, choices>{});
    }
    return kSweep<Can::everything, 0, 0>;
  }
};

template <class T, class... Rules>
Sweep findAmong(RuleList<Rules...>, unsigned rule, Row row) {
  static constexpr Sweep (*finders[])(Row) = {Sweeps<T, Rules>::find...};
  return finders[rule](row);
}

template <class T>
Sweep find(unsigned rule, Row row) {
  return findAmong<T>(AllRules{}, rule, row);
}

#include "mixed.inl"
