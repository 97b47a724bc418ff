// A parallel region as clang compiles it, made by GCC's OpenMP library: that one is in all published binaries, and does
// not end the process if another copy of itself is there, as clang's own does.
#include <omp.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>

extern "C" {

void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags);

struct Region {
  void (*body)(int32_t* thread, int32_t* bound, void*, void*, void*, void*);
  void* shared[4];
};

// Of the region that comes next. Only the leader of the team has regions.
static unsigned wanted = 0;

void __kmpc_push_num_threads(void*, int32_t, int32_t threads) { wanted = static_cast<unsigned>(threads); }

int32_t __kmpc_global_thread_num(void*) { return omp_get_thread_num(); }

void __kmpc_fork_call(void*, int32_t count, void* body, ...) {
  Region region{reinterpret_cast<decltype(Region::body)>(body), {}};
  if (count > 4) __builtin_trap();
  va_list list;
  va_start(list, body);
  std::generate_n(region.shared, count, [&] { return va_arg(list, void*); });
  va_end(list);
  GOMP_parallel(
      [](void* data) {
        const auto& [body, shared] = *static_cast<Region*>(data);
        int32_t thread = omp_get_thread_num(), bound = thread;
        body(&thread, &bound, shared[0], shared[1], shared[2], shared[3]);
      },
      &region, wanted, 0);
}
}
