// The switches of one instantiation of the sweep. Those in `known` are constants: the compiler drops the branches on
// them. The others are branches on a value that never changes inside the loop, which every processor predicts.
#pragma once

constexpr unsigned bit(unsigned position) { return 1u << position; }

template <unsigned known, unsigned value>
struct Switches {
  unsigned rest;

  constexpr bool any() const { return ((known & value) | (~known & rest)) != 0; }

  [[gnu::always_inline]] constexpr bool operator()(unsigned position) const {
    return ((known & bit(position)) ? value : rest) & bit(position);
  }
};

// What a rule says that has no loops of its own for any switch, and always uses all of its states.
struct OneLoop {
  static constexpr unsigned compiled = 0;

  template <class On>
  static constexpr bool uses(unsigned, On) {
    return true;
  }
};
