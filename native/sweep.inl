// The one loop. Every file of native/isa/ includes this inside its anonymous namespace, after defining
//   All, which says that all lanes are to be loaded or stored; a number says how many of the first are,
//   fma, sqrt and divide of its vectors V, toFloat and truncate between float and 32-bit integers,
//   template <class T> struct Lanes: V, count, broadcast, load and store; for float also
//   Bits (the 32-bit integers of a V), places (0, 1, ... count - 1), widen and narrow (loads and stores of codes),
//   largest.
// Nothing here may have external linkage: the linker would keep one ISA's copy for all of them.
#include "vector.h"

#include "gradient.h"
#include "rules/rules.h"
#include "streams/mixed.h"
#include "streams/same.h"
#include "switches.h"

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

template <class T, class Rule, class Streams, unsigned gradientKnown, unsigned ruleKnown, unsigned ruleValue>
void sweep(const Piece& piece, Row row) {
  using L = Lanes<T>;
  static_assert(Rule::StateCount < kMaxStates);
  const Switches<gradientKnown, 0> gradientOn{static_cast<unsigned>(row[kGradientSwitches])};
  const Switches<ruleKnown, ruleValue> ruleOn{static_cast<unsigned>(row[kRuleSwitches])};

  constexpr unsigned count = unsigned{Gradient::ScalarCount} + Rule::ScalarCount;
  Uniform<typename L::V> scalars[count];
  for (unsigned k = 0; k < count; k++) {
    const T scalar = static_cast<T>(row[kScalars + k]);
    scalars[k] = {L::broadcast(scalar), L::broadcast(1 / scalar)};
  }

  Streams streams(piece, row);
  const auto at = [&](size_t i, auto lanes) { update<Rule>(streams, i, lanes, scalars, gradientOn, ruleOn); };
  for (size_t begin = 0; begin < piece.length;) {
    const size_t end = streams.open(begin, ruleOn);
    size_t i = begin + streams.head(end - begin);
    if (i > begin) at(begin, i - begin);
    for (; i + L::count <= end; i += L::count) {
      streams.prefetch(i, ruleOn);
      at(i, All{});
    }
    if (i < end) at(i, end - i);
    streams.close(begin, end, ruleOn);
    begin = end;
  }
}

// The instantiations of one rule. Where all memory is of one type: for every choice of its compiled switches, with
// Gradient idle and with Gradient free; a single one for all that is mixed.
template <class T, class Rule>
struct Sweeps {
  static constexpr unsigned choices = 1u << __builtin_popcount(Rule::compiled);

  // Spreads the bits of a choice over the positions of the compiled switches, and gathers them again.
  static constexpr unsigned spread(unsigned choice) {
    unsigned value = 0;
    for (unsigned position = 0; position < Rule::SwitchCount; position++)
      if (Rule::compiled & bit(position)) value |= (choice & 1) << position, choice >>= 1;
    return value;
  }
  static unsigned gather(unsigned switches) {
    unsigned choice = 0, next = 0;
    for (unsigned position = 0; position < Rule::SwitchCount; position++)
      if (Rule::compiled & bit(position)) choice |= (switches >> position & 1) << next++;
    return choice;
  }

  template <unsigned... choice>
  static Sweep pick(Row row, std::integer_sequence<unsigned, choice...>) {
    using Streams = SameStreams<T, Rule>;
    static constexpr Sweep idle[] = {sweep<T, Rule, Streams, ~0u, Rule::compiled, spread(choice)>...};
    static constexpr Sweep free[] = {sweep<T, Rule, Streams, 0, Rule::compiled, spread(choice)>...};
    return (row[kGradientSwitches] == 0 ? idle : free)[gather(static_cast<unsigned>(row[kRuleSwitches]))];
  }
  static Sweep find(Row row) { return pick(row, std::make_integer_sequence<unsigned, choices>{}); }
};

template <class Rule>
Sweep findSweep(Storage storage, Row row) {
  switch (storage) {
    case Storage::float32:
      return Sweeps<float, Rule>::find(row);
    case Storage::float64:
      return Sweeps<double, Rule>::find(row);
    default:
      return sweep<float, Rule, MixedStreams<Rule>, 0, 0, 0>;
  }
}

template <class... Rules>
Sweep findAmong(RuleList<Rules...>, unsigned rule, Storage storage, Row row) {
  static constexpr Sweep (*finders[])(Storage, Row) = {findSweep<Rules>...};
  return finders[rule](storage, row);
}

Sweep find(unsigned rule, Storage storage, Row row) { return findAmong(AllRules{}, rule, storage, row); }
