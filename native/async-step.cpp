#include "async-step.h"

#include <algorithm>

// The steps under way of one JavaScript thread.
class Environment {
 public:
  static Environment* of(napi_env env) {
    void* data = nullptr;
    napi_get_instance_data(env, &data);
    if (data) return static_cast<Environment*>(data);
    auto* made = new Environment;
    if (!made->open(env)) {
      delete made;
      return nullptr;
    }
    return made;
  }

  // The event loop goes on as long as steps are under way.
  void add(AsyncStep& step) {
    if (steps_.empty()) napi_ref_threadsafe_function(env_, settle_);
    steps_.push_back(&step);
  }
  void remove(AsyncStep& step) {
    std::erase(steps_, &step);
    if (steps_.empty()) napi_unref_threadsafe_function(env_, settle_);
  }

  void settleLater(AsyncStep& step) { napi_call_threadsafe_function(settle_, &step, napi_tsfn_nonblocking); }

 private:
  bool open(napi_env env) {
    env_ = env;
    napi_value name;
    return napi_create_string_utf8(env, "rmsprop", NAPI_AUTO_LENGTH, &name) == napi_ok &&
           napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, settle,
                                           &settle_) == napi_ok &&
           napi_unref_threadsafe_function(env, settle_) == napi_ok &&
           // After that of the function: hooks run in the opposite order.
           napi_add_env_cleanup_hook(env, close, this) == napi_ok &&
           napi_set_instance_data(
               env, this, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr) ==
               napi_ok;
  }

  // The JavaScript thread ends: no step may outlive its memory.
  static void close(void* data) {
    auto& environment = *static_cast<Environment*>(data);
    for (AsyncStep* step : environment.steps_) Team::ofProcess().cancel(*step, true);
    environment.steps_.clear();
  }

  static void settle(napi_env env, napi_value, void*, void* data) {
    if (env) static_cast<AsyncStep*>(data)->settle(env);
  }

  napi_env env_ = nullptr;
  napi_threadsafe_function settle_ = nullptr;
  std::vector<AsyncStep*> steps_;
};

bool AsyncStep::start(napi_env env, napi_value done) {
  environment_ = Environment::of(env);
  if (!environment_ || napi_create_reference(env, done, 1, &done_) != napi_ok) return false;
  environment_->add(*this);
  if (Team::ofProcess().post(*this)) return true;
  over(env);
  return false;
}

bool AsyncStep::cancel(napi_env env) {
  const bool cancelled = Team::ofProcess().cancel(*this);
  if (cancelled) over(env);
  return cancelled;
}

void AsyncStep::finish() {
  letGo();  // here, where nobody waits: there may be thousands
  environment_->settleLater(*this);
}

void AsyncStep::settle(napi_env env) {
  napi_value done, receiver;
  napi_get_reference_value(env, done_, &done);
  napi_get_undefined(env, &receiver);
  over(env);
  napi_call_function(env, receiver, done, 0, nullptr, nullptr);
}

void AsyncStep::over(napi_env env) {
  environment_->remove(*this);
  napi_delete_reference(env, done_);
  letGo();
}
