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
#include "rules/rules.h"
#include "streams/careful.h"
#include "streams/same.h"
#include "switches.h"
#include "transformation.h"

// Loads the streams of one element per lane, applies Gradient and the rule, stores what changed.
template <class Rule, class V, class Streams, class GradientOn, class RuleOn>
[[gnu::always_inline]] inline void update(Streams& streams, size_t i, auto lanes, const Uniform<V>* scalars,
                                          GradientOn gradientOn, RuleOn ruleOn) {
  V p = streams.parameter(i, lanes);
  V g = streams.gradient(i, lanes);
  V s[Rule::StateCount]{};
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, ruleOn)) s[k] = streams.state(k, i, lanes);

  Gradient::update(p, g, scalars, gradientOn);
  Rule::update(p, g, s, scalars + Gradient::ScalarCount, ruleOn);

  streams.setParameter(i, p, lanes);
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, ruleOn)) streams.setState(k, i, s[k], lanes);
}

template <class Rule>
size_t sweepCarefully(const Piece& piece, size_t from, Row row);

template <class T, class Rule, class Streams, unsigned gradientKnown, unsigned ruleKnown, unsigned ruleValue>
void sweep(const Piece& piece, Row row) {
  using L = Lanes<T>;
  static_assert(Rule::StateCount <= kMaxStates);
  const Switches<gradientKnown, 0> gradientOn{static_cast<unsigned>(row[kGradientSwitches])};
  const Switches<ruleKnown, ruleValue> ruleOn{static_cast<unsigned>(row[kRuleSwitches])};

  constexpr unsigned count = unsigned{Gradient::ScalarCount} + Rule::ScalarCount;
  Uniform<typename Streams::V> scalars[count];
  for (unsigned k = 0; k < count; k++) {
    const T scalar = static_cast<T>(row[kScalars + Transformation::ScalarCount + k]);
    scalars[k] = {Streams::wrap(L::broadcast(scalar)), Streams::wrap(L::broadcast(1 / scalar))};
  }

  Streams streams(piece, row);
  const auto at = [&](size_t i, auto lanes) { update<Rule>(streams, i, lanes, scalars, gradientOn, ruleOn); };
  for (size_t begin = 0; begin < piece.length;) {
    const size_t end = streams.open(begin, ruleOn);
    size_t i = begin;
    if constexpr (!Streams::wholeVectors) {
      i += streams.head(end - begin);
      if (i > begin) at(begin, i - begin);
    }
    while (i + L::count <= end) {
      streams.prefetch(i, ruleOn);
      if constexpr (!Streams::isCareful) {
        if (kSlowDenormals && streams.anyDenormal(i, ruleOn)) {
          i += sweepCarefully<Rule>(piece, i, row);
          continue;
        }
      }
      at(i, All{});
      i += L::count;
    }
    if constexpr (!Streams::wholeVectors) {
      if (i < end) at(i, end - i);
    }
    streams.close(begin, end, ruleOn);
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
  part.length = piece.length - from < kBlock ? piece.length - from : kBlock;
  sweep<float, Rule, CarefulStreams<Rule>, 0, 0, 0>(part, row);
  return part.length;
}

// The instantiations of one rule where all memory is of one type. In float32 there is one for every choice of the
// rule's compiled switches, with Gradient idle and with Gradient free. Where a lane or two are all that a vector has,
// branches cost little beside them: float64 and the scalar instruction set do with a single one.
template <class T, class Rule>
struct Sweeps {
  static constexpr unsigned compiled = kSpecialize && sizeof(T) == 4 ? Rule::compiled : 0;
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

  template <unsigned... choice>
  static Sweep pick(Row row, std::integer_sequence<unsigned, choice...>) {
    using Streams = SameStreams<T, Rule>;
    constexpr unsigned idleKnown = compiled ? ~0u : 0;
    static constexpr Sweep idle[] = {sweep<T, Rule, Streams, idleKnown, compiled, spread(choice)>...};
    static constexpr Sweep free[] = {sweep<T, Rule, Streams, 0, compiled, spread(choice)>...};
    return (row[kGradientSwitches] == 0 ? idle : free)[gather(static_cast<unsigned>(row[kRuleSwitches]))];
  }
  static Sweep find(Row row) { return pick(row, std::make_integer_sequence<unsigned, choices>{}); }
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
