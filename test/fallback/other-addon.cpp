// A native module that is not the kernel. Where VERSION is defined it says that it is one, of that version.
#include <node_api.h>

namespace {

#if defined(VERSION)
napi_value describe(napi_env env, napi_callback_info) {
  napi_value description, version;
  napi_create_object(env, &description);
  napi_create_string_utf8(env, VERSION, NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, description, "version", version);
  return description;
}
#endif

napi_value initialize(napi_env env, napi_value exports) {
#if defined(VERSION)
  napi_value function;
  napi_create_function(env, "describe", NAPI_AUTO_LENGTH, describe, nullptr, &function);
  napi_set_named_property(env, exports, "describe", function);
#endif
  return exports;
}

}  // namespace

NAPI_MODULE(other_addon, initialize)
