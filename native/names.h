// A list of names, maybe of none, that is at once an enumeration, for the kernel, and a string, for describe().
#pragma once

#define NAMES(Type, ...)                                           \
  enum Type : unsigned { __VA_ARGS__ __VA_OPT__(, ) Type##Count }; \
  static constexpr const char* Type##Names = #__VA_ARGS__
