// The one loop. Every file of native/isa/ includes this inside its anonymous namespace, after defining
//   template <class T> struct Lanes: V, count, broadcast, load and store of all lanes or of the first few,
//   fma, sqrt and divide of V.
// Nothing here may have external linkage: the linker would keep one ISA's copy for all of them.
#include "vector.h"

#include "gradient.h"
#include "rules/rules.h"
#include "switches.h"

// Loads the streams of one element per lane, applies Gradient and the rule, stores what changed.
template <class T, class Rule, class GradientOn, class RuleOn>
[[gnu::always_inline]] inline void update(T* parameter, const T* gradient, T* const* state, size_t i, auto lanes,
                                          const Uniform<typename Lanes<T>::V>* scalars, GradientOn gradientOn,
                                          RuleOn ruleOn) {
  using L = Lanes<T>;
  using V = typename L::V;
  V p = L::load(parameter + i, lanes);
  V g = L::load(gradient + i, lanes);
  V s[Rule::StateCount];
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, ruleOn)) s[k] = L::load(state[k] + i, lanes);

  Gradient::update(p, g, scalars, gradientOn);
  Rule::update(p, g, s, scalars + Gradient::ScalarCount, ruleOn);

  L::store(parameter + i, p, lanes);
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, ruleOn)) L::store(state[k] + i, s[k], lanes);
}

// Asks for the cache lines that the loop will reach after 2 KB: the hardware alone loses its way among so many streams.
// Nothing beyond the piece, which belongs to another thread.
template <class T, class Rule, class RuleOn>
[[gnu::always_inline]] inline void prefetch(const T* parameter, const T* gradient, T* const* state, size_t i,
                                            size_t length, RuleOn ruleOn) {
  const size_t next = i + 2048 / sizeof(T);
  if (Lanes<T>::count == 1 || next >= length) return;
  __builtin_prefetch(gradient + next);
  __builtin_prefetch(parameter + next);
  for (unsigned k = 0; k < Rule::StateCount; k++)
    if (Rule::uses(k, ruleOn)) __builtin_prefetch(state[k] + next);
}

// How many elements come before the first aligned vector of the parameter: one across two cache lines costs two
// accesses.
template <class T>
size_t misaligned(const T* parameter, size_t length) {
  constexpr size_t count = Lanes<T>::count;
  const size_t before = (count - reinterpret_cast<uintptr_t>(parameter) / sizeof(T) % count) % count;
  return before < length ? before : 0;
}

template <class T, class Rule, unsigned gradientKnown, unsigned ruleValue>
void sweep(const Piece& piece, Row row) {
  using L = Lanes<T>;
  static_assert(Rule::StateCount <= kMaxStates);
  const Switches<gradientKnown, 0> gradientOn{static_cast<unsigned>(row[kGradientSwitches])};
  const Switches<Rule::compiled, ruleValue> ruleOn{static_cast<unsigned>(row[kRuleSwitches])};

  constexpr unsigned count = unsigned{Gradient::ScalarCount} + Rule::ScalarCount;
  Uniform<typename L::V> scalars[count];
  for (unsigned k = 0; k < count; k++) {
    const T scalar = static_cast<T>(row[kScalars + k]);
    scalars[k] = {L::broadcast(scalar), L::broadcast(1 / scalar)};
  }

  T* const parameter = static_cast<T*>(piece.parameter);
  const T* const gradient = static_cast<const T*>(piece.gradient);
  T* state[Rule::StateCount];
  for (unsigned k = 0; k < Rule::StateCount; k++) state[k] = static_cast<T*>(piece.state[k]);

  const size_t length = piece.length;
  const auto at = [&](size_t i, auto lanes) {
    update<T, Rule>(parameter, gradient, state, i, lanes, scalars, gradientOn, ruleOn);
  };
  size_t i = misaligned(parameter, length);
  if (i > 0) at(0, L::first(i));
  for (; i + L::count <= length; i += L::count) {
    prefetch<T, Rule>(parameter, gradient, state, i, length, ruleOn);
    at(i, typename L::All{});
  }
  if (i < length) at(i, L::first(length - i));
}

// The instantiations of one rule: for every choice of its compiled switches, with Gradient idle and with Gradient free.
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
    static constexpr Sweep idle[] = {sweep<T, Rule, ~0u, spread(choice)>...};
    static constexpr Sweep free[] = {sweep<T, Rule, 0, spread(choice)>...};
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
