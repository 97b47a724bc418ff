// The sweep for mixed storage, included by sweep.inl. It knows no rule but by what this tells.
#include "streams/mixed.h"

struct RuleFacts {
  unsigned scalarCount;
  unsigned areSigned;                   // a bit for each state
  unsigned (*uses)(unsigned switches);  // the same
};

template <class Rule>
constexpr RuleFacts factsOf() {
  unsigned areSigned = 0;
  for (unsigned k = 0; k < Rule::StateCount; k++) areSigned |= Rule::isSigned(k) ? bit(k) : 0;
  return {Rule::ScalarCount, areSigned, [](unsigned switches) {
            unsigned uses = 0;
            for (unsigned k = 0; k < Rule::StateCount; k++)
              uses |= Rule::uses(k, Switches<0, 0>{switches}) ? bit(k) : 0;
            return uses;
          }};
}

template <class... Rules>
constexpr unsigned mostScalars(RuleList<Rules...>) {
  unsigned most = 0;
  ((most = Rules::ScalarCount > most ? unsigned{Rules::ScalarCount} : most), ...);
  return most;
}

template <class... Rules>
RuleFacts factsAmong(RuleList<Rules...>, unsigned rule) {
  static constexpr RuleFacts facts[] = {factsOf<Rules>()...};
  return facts[rule];
}

void sweepMixed(unsigned rule, const Piece& piece, Row row, Sweep sweep) {
  constexpr unsigned beforeRule = kScalars + Transformation::ScalarCount + Gradient::ScalarCount;
  const RuleFacts facts = factsAmong(AllRules{}, rule);
  MixedStreams streams(piece, row, facts.uses(static_cast<unsigned>(row[kRuleSwitches])), facts.areSigned,
                       row + beforeRule + facts.scalarCount);
  Piece decoded = piece;
  decoded.codec = &streams;
  if (!streams.updatesParametersApart()) return sweep(decoded, row);
  double withoutParameter[beforeRule + mostScalars(AllRules{})];
  for (unsigned k = 0; k < beforeRule + facts.scalarCount; k++) withoutParameter[k] = row[k];
  withoutParameter[kParameterSwitches] = 0;
  sweep(decoded, withoutParameter);
}
