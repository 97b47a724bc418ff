// The sweeps for mixed storage, included by sweep.inl.
#include "streams/mixed.h"

// One instantiation for each pair of types, and only for whole blocks; one for the elements after them. The rule's
// switches are looked at in the loop: where narrow types pay, in DRAM, there is time for that.
template <class Rule, class Types>
constexpr Sweep kMixed = sweep<float, Rule, MixedStreams<Rule, Types>, 0, 0, 0>;

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
Sweep mixedSweep(DataType type, DataType stateType, bool wholeBlocks) {
  if constexpr (kSpecialize) {
    if (wholeBlocks && type == DataType::float32) return mixedSweepOf<Rule, DataType::float32>(stateType);
    if (wholeBlocks && type == DataType::bfloat16) return mixedSweepOf<Rule, DataType::bfloat16>(stateType);
  }
  if constexpr (!kCommonTypesOnly) {
    if constexpr (kSpecialize) {
      if (wholeBlocks && type == DataType::float16) return mixedSweepOf<Rule, DataType::float16>(stateType);
    }
    return kMixed<Rule, AnyTypes>;
  }
  return nullptr;
}

template <class... Rules>
Sweep findMixedAmong(RuleList<Rules...>, unsigned rule, DataType type, DataType stateType, bool wholeBlocks) {
  static constexpr Sweep (*finders[])(DataType, DataType, bool) = {mixedSweep<Rules>...};
  return finders[rule](type, stateType, wholeBlocks);
}

Sweep findMixed(unsigned rule, DataType type, DataType stateType, bool wholeBlocks) {
  return findMixedAmong(AllRules{}, rule, type, stateType, wholeBlocks);
}
