// A step that the team makes while JavaScript goes on.
#pragma once
#include <node_api.h>

#include <vector>

#include "engine.h"
#include "pin.h"
#include "team.h"

class AsyncStep final : public Team::Job {
 public:
  explicit AsyncStep(Plan& plan) : plan_(plan) {}

  // Keeps the memory of a buffer until the step is over, or for as long as there are steps to come.
  void hold(Pin memory) { pins_.push_back(std::move(memory)); }
  void holdForGood(Pin memory) { lasting_pins_.push_back(std::move(memory)); }
  void letGo() { pins_.clear(); }

  // Makes the step when its turn has come, then calls `done`, which keeps all JavaScript objects alive that the step
  // needs. False if the system has no thread for it.
  bool start(napi_env env, napi_value done);

  // True if the step had not begun, and will not: `done` is not called.
  bool cancel(napi_env env);

  void run() override { plan_.run(); }
  void finish() override;

 private:
  friend class Environment;
  void settle(napi_env env);
  void over(napi_env env);

  Plan& plan_;
  std::vector<Pin> pins_, lasting_pins_;
  class Environment* environment_ = nullptr;  // whose step is under way
  napi_ref done_ = nullptr;
};
