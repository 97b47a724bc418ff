// The sweeps for mixed storage, included by sweep.inl.
#include "streams/mixed.h"

// One instantiation for each pair of types, only for whole blocks and without the stages that are rare; one for the
// rest. The rule's switches are looked at in the loop: where narrow types pay, in DRAM, there is time for that.
template <class Rule, class Types>
constexpr Sweep kMixed =
    sweep<float, Rule, MixedStreams<Rule, Types>, Types::areKnown ? Can::gradientAndRule : Can::everything, 0, 0>;

template <class Rule, DataType type>
Sweep mixedSweepOf(DataType stateType) {
  if (stateType == DataType::uint8) return kMixed<Rule, KnownTypes<type, DataType::uint8>>;
  if constexpr (type != DataType::float32) {
    if (stateType == DataType::float32) return kMixed<Rule, KnownTypes<type, DataType::float32>>;
  }
  return kMixed<Rule, KnownTypes<type, DataType::bfloat16>>;
}

// Null for what is left to another instruction set.
template <class Rule>
Sweep mixedSweep(DataType type, DataType stateType, bool wholeBlocks, Row row) {
  const bool usual = wholeBlocks && needed(row) != Can::everything;
  if constexpr (kSpecialize) {
    if (usual && type == DataType::float32) return mixedSweepOf<Rule, DataType::float32>(stateType);
    if (usual && type == DataType::bfloat16) return mixedSweepOf<Rule, DataType::bfloat16>(stateType);
  }
  if constexpr (!kCommonTypesOnly) {
    if constexpr (kSpecialize) {
      if (usual && type == DataType::float16) return mixedSweepOf<Rule, DataType::float16>(stateType);
    }
    return kMixed<Rule, AnyTypes>;
  }
  return nullptr;
}

template <class... Rules>
Sweep findMixedAmong(RuleList<Rules...>, unsigned rule, DataType type, DataType stateType, bool wholeBlocks, Row row) {
  static constexpr Sweep (*finders[])(DataType, DataType, bool, Row) = {mixedSweep<Rules>...};
  return finders[rule](type, stateType, wholeBlocks, row);
}

Sweep findMixed(unsigned rule, DataType type, DataType stateType, bool wholeBlocks, Row row) {
  return findMixedAmong(AllRules{}, rule, type, stateType, wholeBlocks, row);
}
