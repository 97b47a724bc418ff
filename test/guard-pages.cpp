// Runs every kernel on arrays that end right before, or start right after, a page that must not be touched: every rule,
// choice of switches, way to store and instruction set of this processor, with every length that has a tail of its own.
// Arrays that a kernel has no business with lie in such a page altogether, gradients may only be read, and what lies
// beside an array in its own page must stay as it was. Prints how many steps that were, and how many of them changed
// the parameters: all but those of no elements. Arguments name the instruction sets, if not all are wanted.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../native/engine.h"
#include "../native/gradient.h"
#include "../native/parameter.h"
#include "../native/rules/rules.h"
#include "../native/transformation.h"
#include "../native/types/rounding.h"

namespace {

constexpr size_t kWidest = 16, kLongest = 2 * kBlock;
const size_t kPage = sysconf(_SC_PAGESIZE);

struct Case {
  const char *isa, *rule;
  unsigned gradientSwitches, ruleSwitches;
  DataType type, stateType;
  bool master;
  bool around;  // whether all that can happen around a sweep does, and a report
  size_t length;
  unsigned places;
} now;

[[noreturn]] void fail(const char* what, const void* where) {
  std::fprintf(stderr, "%s %p: %s %s%s, switches %u %u, types %u %u%s, length %zu, places %u\n", what, where, now.isa,
               now.rule, now.around ? " with all around it" : "", now.gradientSwitches, now.ruleSwitches,
               static_cast<unsigned>(now.type), static_cast<unsigned>(now.stateType), now.master ? " and a copy" : "",
               now.length, now.places);
  _exit(1);
}

// The code of a number of this type from 1 up to 2, or of one that is denormal or infinite.
enum class Kind { ordinary, denormal, infinite };
void write(DataType type, Kind kind, uint32_t random, char* to) {
  const auto put = [&](auto one, auto infinity, unsigned fraction) {
    using Code = decltype(one);
    const Code bits = static_cast<Code>(random) & ((Code{1} << fraction) - 1);
    const Code code = kind == Kind::infinite ? infinity : kind == Kind::denormal ? bits : one + bits;
    std::memcpy(to, &code, sizeof code);
  };
  switch (type) {
    case DataType::float32:
      return put(uint32_t{0x3f800000}, uint32_t{0x7f800000}, 23);
    case DataType::float64:
      return put(uint64_t{0x3ff0000000000000}, uint64_t{0x7ff0000000000000}, 52);
    case DataType::bfloat16:
      return put(uint16_t{0x3f80}, uint16_t{0x7f80}, 7);
    case DataType::float16:
      return put(uint16_t{0x3c00}, uint16_t{0x7c00}, 10);
    case DataType::uint8:
      return put(uint8_t{0x40}, uint8_t{0x7f}, 3);
  }
}

// As many bytes of such numbers as an array may have, some of them of another kind.
std::vector<char> numbers(DataType type, uint32_t seed, Kind other = Kind::ordinary) {
  std::vector<char> bytes(kLongest * sizeOf(type));
  for (size_t i = 0; i < kLongest; i++)
    write(type, i % 7 == 3 ? other : Kind::ordinary, hash(seed + i), bytes.data() + i * sizeOf(type));
  return bytes;
}

// Pages for arrays, each between two that must not be touched.
template <size_t count>
char* reserve() {
  void* memory = mmap(nullptr, (2 * count + 1) * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap", nullptr);
  return static_cast<char*>(memory);
}

class Page {
 public:
  Page(char* reserved, size_t number) : page_(reserved + (2 * number + 1) * kPage) {
    protect(PROT_READ | PROT_WRITE);
    std::memset(page_, kMargin, kPage);
  }

  void protect(int protection) {
    if (mprotect(page_, kPage, protection) != 0) fail("mprotect", page_);
  }
  char* begin() const { return page_; }
  char* place(bool atStart, size_t bytes) const { return atStart ? page_ : page_ + kPage - bytes; }

  char* hold(bool atStart, size_t bytes) {
    array_ = place(atStart, bytes);
    bytes_ = bytes;
    return array_;
  }

  // Whether all is well beside the array, which is then forgotten.
  void release() {
    look(std::max(page_, array_ - kLooked), array_);
    look(array_ + bytes_, std::min(page_ + kPage, array_ + bytes_ + kLooked));
    std::memset(array_, kMargin, bytes_);
  }

 private:
  static constexpr char kMargin = 0x5a;
  static constexpr ptrdiff_t kLooked = 128;

  // At all bytes at once, and at each where one is not as it was.
  static void look(const char* first, const char* last) {
    static const std::vector<char> intact(kLooked, kMargin);
    if (std::memcmp(first, intact.data(), last - first) == 0) return;
    for (const char* byte = first; byte < last; byte++)
      if (*byte != kMargin) fail("wrote to", byte);
  }

  char* page_;
  char* array_ = page_;
  size_t bytes_ = 0;
};

struct Storage {
  DataType type, stateType;
  bool master;
};

class Arrays {
 public:
  // What parameters and gradients of this type hold.
  void fill(DataType type) {
    parameters_ = numbers(type, 1);
    gradient_.protect(PROT_READ | PROT_WRITE);
    const std::vector<char> some = numbers(type, 100000);
    for (size_t at = 0; at < kPage; at += some.size())
      std::memcpy(gradient_.begin() + at, some.data(), std::min(some.size(), kPage - at));
    gradient_.protect(PROT_READ);
  }
  // What states hold: infinite numbers go one way through 8 bits, denormal ones through float32.
  void fillStates(DataType type) {
    states_ = numbers(type, 200000, Kind::infinite);
    denormalStates_ = numbers(type, 200000, Kind::denormal);
  }

  // Gradients are only read, unless they are set to 0.
  void letGradientsBeWritten(bool may) { gradient_.protect(may ? PROT_READ | PROT_WRITE : PROT_READ); }

  // One step. Tells whether the parameters have changed.
  template <class Rule>
  bool step(unsigned rule, const Storage& storage, const double* row, size_t rowWidth) {
    const auto atStart = [&](unsigned stream) { return (now.places >> (stream & 1) & 1) != 0; };
    const size_t bytes = now.length * sizeOf(storage.type);
    const uint32_t spacing = (atStart(1) ? 2 : 8) * kSampleRun;
    Plan::Tensor tensor{storage.type, storage.stateType, true,         now.length,  0,
                        spacing,      nullptr,           {-1, -1, -1}, {-1, -1, -1}};
    tensor.parameter = parameter_.hold(atStart(0), bytes);
    std::memcpy(tensor.parameter, parameters_.data(), bytes);
    for (unsigned k = 0; k < Rule::StateCount; k++)
      if (Rule::uses(k, [&](unsigned position) { return (now.ruleSwitches >> position & 1) != 0; }))
        tensor.state[k] = holdState(k, atStart(k), storage.stateType);
    const size_t wide = sizeOf(storage.type == DataType::float64 ? DataType::float64 : DataType::float32);
    for (unsigned k = 0; k < kSweptStates; k++) {
      if (k == masterCopy ? !storage.master : !now.around) continue;
      char* array = common_[k].hold(atStart(1 + k), now.length * wide);
      std::memcpy(array, (wide == sizeof(float) ? floats_ : doubles_).data(), now.length * wide);
      tensor.common[k] = array - arena_;
    }
    if (now.around) {
      const size_t kept = (now.length + spacing - 1) / spacing * kDistanceRun * wide;
      char* array = common_[distanceSample].hold(atStart(2), kept);
      std::memcpy(array, (wide == sizeof(float) ? floats_ : doubles_).data(), kept);
      tensor.common[distanceSample] = array - arena_;
    }

    const int32_t rowOf = 0;
    const double around = now.around ? 1 : 0;
    const double request[kRequestCount] = {0, around, 0, 1, around, 0, around, 0, around};
    double norms[2], reports[kReportWidth], squares[1], sums[2], samples[2 * kSampleSums], distances[] = {0.5, 0.5, 0},
                                                                                           multipliers[1] = {1};
    char* gradient = now.around ? gradient_.hold(atStart(1), bytes) : gradient_.place(atStart(1), bytes);
    const std::vector<char> before(gradient, gradient + bytes);
    Plan plan(rule, {tensor}, arena_, kArenaPages * kPage, row, rowWidth, &rowOf, request, norms, reports, squares,
              sums, samples, distances, multipliers);
    if (!plan.parametersDisjoint() || !plan.setGradient(0, gradient)) fail("refused", arena_);
    plan.run();
    if (now.around) {
      for (size_t i = 0; i < bytes; i++)
        if (gradient[i] != 0) fail("did not zero", gradient + i);
      std::copy(before.begin(), before.end(), gradient);
    }

    const bool changed = std::memcmp(tensor.parameter, parameters_.data(), bytes) != 0;
    parameter_.release();
    for (Page& state : state_) state.release();
    for (Page& common : common_) common.release();
    return changed;
  }

 private:
  // A state of type uint8 is followed by its scales, at a multiple of 4 bytes.
  size_t holdState(unsigned k, bool atStart, DataType type) {
    const size_t codes = now.length * sizeOf(type), before = (codes + 3) / 4 * 4;
    const size_t scales = type == DataType::uint8 ? (now.length + kBlock - 1) / kBlock : 0;
    const size_t bytes = scales > 0 ? before + scales * sizeof(float) : codes;
    char* array = state_[k].hold(atStart, bytes);
    // Both kinds lie at either end, whatever the stream.
    const bool denormal = now.places == 1 || now.places == 2;
    std::memcpy(array, (denormal ? denormalStates_ : states_).data(), codes);
    for (size_t block = 0; block < scales; block++) {
      const float scale = 0.125f;
      std::memcpy(array + before + block * sizeof scale, &scale, sizeof scale);
    }
    return array - arena_;
  }

  static constexpr size_t kArenaPages = 2 * (kMaxStates + kCommonStates) + 1;
  // Offset 0, where states are that nobody uses, must not be touched.
  char *reserved_ = reserve<2>(), *arena_ = reserve<kMaxStates + kCommonStates>();
  Page parameter_{reserved_, 0}, gradient_{reserved_, 1};
  Page state_[kMaxStates] = {{arena_, 0}, {arena_, 1}, {arena_, 2}};
  Page common_[kCommonStates] = {{arena_, 3}, {arena_, 4}, {arena_, 5}, {arena_, 6}};
  std::vector<char> parameters_, states_, denormalStates_;
  std::vector<char> floats_ = numbers(DataType::float32, 300000), doubles_ = numbers(DataType::float64, 400000);
};

std::vector<Storage> allStorages() {
  std::vector<Storage> all;
  using enum DataType;
  for (const DataType type : {float32, bfloat16, float16})
    for (const DataType stateType : {float32, bfloat16, uint8})
      for (const bool master : {false, true})
        if (type != float32 || !master) all.push_back({type, stateType, master});
  all.push_back({float64, float64, false});
  return all;
}

// All tails of vectors, before the first block, after it, and none after two.
std::vector<size_t> allLengths() {
  std::vector<size_t> all;
  for (size_t tail = 0; tail <= 2 * kWidest + 1; tail++) all.push_back(tail);
  for (size_t tail = 0; tail <= 2 * kWidest + 2; tail++) all.push_back(kBlock - 1 + tail);
  all.push_back(kLongest);
  return all;
}

size_t steps = 0, changes = 0;

template <class Rule>
void runRow(unsigned rule, Arrays& arrays, const Storage& storage, const std::vector<double>& row) {
  now.gradientSwitches = static_cast<unsigned>(row[kGradientSwitches]);
  now.ruleSwitches = static_cast<unsigned>(row[kRuleSwitches]);
  now.around = row[kParameterSwitches] != 0;
  arrays.letGradientsBeWritten(now.around);
  static uint32_t random = 0;
  for (const size_t length : allLengths()) {
    random = random * 1664525 + 1013904223;
    for (unsigned places = random >> 31; places < 4; places += 2) {  // two of four
      now.length = length;
      now.places = places;
      changes += arrays.step<Rule>(rule, storage, row.data(), row.size());
      steps++;
    }
  }
}

template <class Rule>
void runRule(unsigned rule, Arrays& arrays, const Storage& storage) {
  now.rule = Rule::name;
  std::vector<double> row(size_t{kScalars} + Transformation::ScalarCount + Gradient::ScalarCount + Rule::ScalarCount +
                              Parameter::ScalarCount,
                          0.5);
  for (unsigned k = 0; k < kScalars; k++) row[k] = 0;
  row[kRandomKey] = 12345;
  // Gradient idle, and busy: the kernels are the same for all other choices of its switches.
  for (const unsigned gradientSwitches : {0u, (1u << Gradient::SwitchCount) - 1}) {
    for (unsigned ruleSwitches = 0; ruleSwitches < 1u << Rule::SwitchCount; ruleSwitches++) {
      row[kGradientSwitches] = gradientSwitches;
      row[kRuleSwitches] = ruleSwitches;
      runRow<Rule>(rule, arrays, storage, row);
    }
  }
  // What happens around a sweep is the same for all of them.
  row[kRuleSwitches] = 0;
  row[kTransformationSwitches] = (1u << Transformation::SwitchCount) - 1;
  row[kParameterSwitches] = bit(Parameter::bounded) | bit(Parameter::averaged);
  runRow<Rule>(rule, arrays, storage, row);
}

template <class... Rules>
void runRules(RuleList<Rules...>, Arrays& arrays, const Storage& storage) {
  unsigned rule = 0;
  (runRule<Rules>(rule++, arrays, storage), ...);
}

}  // namespace

int main(int count, char** arguments) {
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t* signal, void*) { fail("touched", signal->si_addr); };
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);

  Arrays arrays;
  configuration().threads = 1;
  for (const Storage& storage : allStorages()) {
    now.type = storage.type;
    now.stateType = storage.stateType;
    now.master = storage.master;
    arrays.fill(storage.type);
    arrays.fillStates(storage.stateType);
    for (const Isa* isa : kIsas) {
      const auto isNamed = [&](const char* name) { return std::strcmp(name, isa->name) == 0; };
      if (!isa->supported() || (count > 1 && std::none_of(arguments + 1, arguments + count, isNamed))) continue;
      now.isa = isa->name;
      configuration().isa = isa;
      runRules(AllRules{}, arrays, storage);
    }
  }
  std::printf("%zu steps, %zu changed the parameters\n", steps, changes);
}
