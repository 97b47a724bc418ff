#include "pin.h"

#include <cstdint>
#include <new>

#if defined(__linux__) || defined(__APPLE__)
#include <dlfcn.h>
#define RMSPROP_HAS_DLFCN
#endif

namespace {

// std::shared_ptr<v8::BackingStore> v8::ArrayBuffer::GetBackingStore(), and that of v8::SharedArrayBuffer. In the C++
// ABI of these systems a function with one argument is called as a member function without any.
using GetBackingStore = Pin (*)(napi_value self);
using GetData = void* (*)(const void* backingStore);

template <class Function>
Function find([[maybe_unused]] const char* name) {
#if defined(RMSPROP_HAS_DLFCN)
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
#else
  return nullptr;
#endif
}

const auto getBackingStore = find<GetBackingStore>("_ZN2v811ArrayBuffer15GetBackingStoreEv");
const auto getSharedBackingStore = find<GetBackingStore>("_ZN2v817SharedArrayBuffer15GetBackingStoreEv");
const auto getData = find<GetData>("_ZNK2v812BackingStore4DataEv");

// V8's functions take the address of a handle, which is what a napi_value is: a word that holds a tagged pointer.
bool isHandle(napi_value value) {
  const auto address = reinterpret_cast<uintptr_t>(value);
  return address != 0 && address % sizeof(uintptr_t) == 0 && (*reinterpret_cast<const uintptr_t*>(value) & 3) == 1;
}

// A standard library with other shared pointers than this one's would count differently. What is no shared pointer
// cannot be destroyed: these never are.
bool countsAlike(napi_value buffer, const void* data) {
  struct Kept {
    Pin first, second;
  };
  alignas(Kept) unsigned char memory[sizeof(Kept)];
  Kept& kept = *new (memory) Kept{getBackingStore(buffer), {}};
  if (kept.first.get() == nullptr || getData(kept.first.get()) != data) return false;
  const long count = kept.first.use_count();
  if (count < 2 || count > 100) return false;
  new (&kept.second) Pin(getBackingStore(buffer));
  if (kept.second.get() != kept.first.get() || kept.first.use_count() != count + 1) return false;
  kept.~Kept();
  return true;
}

}  // namespace

bool canPin(napi_env env) {
  if (!getBackingStore || !getSharedBackingStore || !getData) return false;
  void* data = nullptr;
  napi_value buffer;
  return napi_create_arraybuffer(env, 64, &data, &buffer) == napi_ok && isHandle(buffer) && countsAlike(buffer, data);
}

Pin pin(napi_env env, napi_value buffer) {
  bool isArrayBuffer = false;
  napi_is_arraybuffer(env, buffer, &isArrayBuffer);
  return (isArrayBuffer ? getBackingStore : getSharedBackingStore)(buffer);
}
