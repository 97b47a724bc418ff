// The one loop. Every file of native/isa/ includes this inside its anonymous namespace, after defining
//   All, which says that all lanes are to be loaded or stored; a number says how many of the first are,
//   fma, sqrt and divide of its vectors V, toFloat of 32-bit integers,
//   template <class T> struct Lanes: V, count, broadcast, load and store; for float also
//   Bits (the 32-bit integers of a V), places (0, 1, ... count - 1), widen and narrow (loads and stores of codes),
//   largest, anyDenormal, anyOutside; toDouble, to vectors of float64,
//   kSpecialize, whether a sweep for each choice of switches and types is worth its code, and kCommonTypesOnly, whether
//   mixed storage that is rare is left to another instruction set.
// Nothing here may have external linkage: the linker would keep one ISA's copy for all of them.
#include "vector.h"

#include "gradient.h"
#include "parameter.h"
#include "rules/rules.h"
#include "streams/careful.h"
#include "streams/same.h"
#include "switches.h"
#include "transformation.h"

// What an instantiation of the sweep can do: the compiler drops the stages that are idle.
enum class Can : unsigned { onlyRule, gradientAndRule, everything };

Can needed(Row row) {
  if (row[kTransformationSwitches] != 0 || row[kParameterSwitches] != 0) return Can::everything;
  return row[kGradientSwitches] != 0 ? Can::gradientAndRule : Can::onlyRule;
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
  Switches<can == Can::onlyRule ? ~0u : 0, 0> gradient;
  Switches<ruleKnown, ruleValue> rule;
  Switches<can == Can::everything ? 0 : ~0u, 0> parameter;
};

// The hyperparameters of all stages. Those of idle ones are not filled in: a small tensor takes less time than that.
template <class Rule, class V>
struct Scalars {
  Uniform<V> transformation[Transformation::ScalarCount], gradient[Gradient::ScalarCount], rule[Rule::ScalarCount],
      parameter[Parameter::ScalarCount];
};

// Loads the streams of one element per lane, applies the stages, stores what changed.
template <class Rule, class V, class Streams, class On>
[[gnu::always_inline]] inline void update(Streams& streams, size_t i, auto lanes, const Scalars<Rule, V>& c, On on) {
  V p = streams.parameter(i, lanes);
  V g = streams.gradient(i, lanes);
  V s[Rule::StateCount]{};
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, on.rule)) s[k] = streams.state(k, i, lanes);

  if (on.transformation.any()) {
    const bool accumulated = on.transformation(Transformation::accumulated);
    V sum = accumulated ? streams.common(gradientSum, i, lanes) : V{};
    g = Transformation::update(g, sum, c.transformation, on.transformation);
    if (accumulated) streams.setCommon(gradientSum, i, sum, lanes);
  }
  Gradient::update(p, g, c.gradient, on.gradient);
  Rule::update(p, g, s, c.rule, on.rule);
  if (on.parameter.any()) {
    const bool averaged = on.parameter(Parameter::averaged);
    p = streams.stored(i, p);
    V average = averaged ? streams.common(parameterAverage, i, lanes) : V{};
    Parameter::update(p, average, c.parameter, on.parameter);
    if (averaged) streams.setCommon(parameterAverage, i, average, lanes);
    streams.setStored(i, p, lanes);
  } else {
    streams.setParameter(i, p, lanes);
  }

  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, on.rule)) streams.setState(k, i, s[k], lanes);
}

template <class Rule>
size_t sweepCarefully(const Piece& piece, size_t from, Row row);

template <class T, class Rule, class Streams, Can can, unsigned ruleKnown, unsigned ruleValue>
void sweep(const Piece& piece, Row row) {
  using L = Lanes<T>;
  static_assert(Rule::StateCount <= kMaxStates);
  const Stages<can, ruleKnown, ruleValue> on(row);

  Scalars<Rule, typename Streams::V> c;
  Row next = row + kScalars;
  const auto uniform = [](double number) {
    const T x = static_cast<T>(number);
    return Uniform<typename Streams::V>{Streams::wrap(L::broadcast(x)), Streams::wrap(L::broadcast(1 / x))};
  };
  const auto take = [&](auto& scalars, bool areUsed) {
    for (auto& scalar : scalars) {
      if (areUsed) scalar = uniform(*next);
      next++;
    }
  };
  take(c.transformation, on.transformation.any());
  take(c.gradient, on.gradient.any());
  take(c.rule, true);
  take(c.parameter, on.parameter.any());
  if (on.transformation.any()) c.transformation[Transformation::multiplier] = uniform(piece.multiplier);

  Streams streams(piece, row);
  const auto at = [&](size_t i, auto lanes) { update<Rule>(streams, i, lanes, c, on); };
  for (size_t begin = 0; begin < piece.length;) {
    const size_t end = streams.open(begin, on.rule);
    // Some lanes of a vector come first, up to the first aligned one, and some at the end.
    for (size_t i = begin, some = streams.head(end - begin); i < end; some = end - i) {
      if constexpr (!Streams::wholeVectors) {
        if (some > 0) at(i, some);
        i += some;
      }
      while (i + L::count <= end) {
        streams.prefetch(i, on);
        if constexpr (!Streams::isCareful) {
          if (kSlowDenormals && streams.anyDenormal(i, on.rule)) {
            i += sweepCarefully<Rule>(piece, i, row);
            continue;
          }
        }
        at(i, All{});
        i += L::count;
      }
    }
    streams.close(begin, end, on.rule);
    begin = end;
  }
}

// Updates some elements from a place on, of which some are denormal; tells how many.
template <class Rule>
[[gnu::noinline]] size_t sweepCarefully(const Piece& piece, size_t from, Row row) {
  Piece part = piece;
  part.parameter = static_cast<float*>(piece.parameter) + from;
  part.gradient = static_cast<float*>(piece.gradient) + from;
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (part.state[k]) part.state[k] = static_cast<float*>(piece.state[k]) + from;
  for (unsigned k = 0; k < kCommonStates; k++)
    if (part.common[k]) part.common[k] = static_cast<float*>(piece.common[k]) + from;
  part.length = piece.length - from < kBlock ? piece.length - from : kBlock;
  sweep<float, Rule, CarefulStreams<Rule>, Can::everything, 0, 0>(part, row);
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
    static constexpr Sweep onlyRule[] = {kSweep<Can::onlyRule, compiled, spread(choice)>...};
    static constexpr Sweep gradientAndRule[] = {kSweep<Can::gradientAndRule, compiled, spread(choice)>...};
    static constexpr Sweep everything[] = {kSweep<Can::everything, compiled, spread(choice)>...};
    const unsigned at = gather(static_cast<unsigned>(row[kRuleSwitches]));
    const Can can = needed(row);
    return can == Can::onlyRule ? onlyRule[at] : can == Can::everything ? everything[at] : gradientAndRule[at];
  }
  static Sweep find(Row row) {
    if constexpr (kSpecialize && sizeof(T) == 4) {
      return pick(row, std::make_integer_sequence<unsigned, choices>{});
    }
    return kSweep<Can::everything, 0, 0>;
  }
};

template <class T, class... Rules>
Sweep findAmong(RuleList<Rules...>, unsigned rule, Row row) {
  static constexpr Sweep (*finders[])(Row) = {Sweeps<T, Rules>::find...};
  return finders[rule](row);
}

Sweep find(unsigned rule, DataType type, Row row) {
  return type == DataType::float32 ? findAmong<float>(AllRules{}, rule, row) : findAmong<double>(AllRules{}, rule, row);
}

#include "around.inl"
#include "mixed.inl"
