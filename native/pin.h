// Keeps memory alive while threads use it, even if its buffer is transferred away meanwhile. Node-API can keep a buffer
// from being collected, but not its memory from leaving it; V8 can, by a function that Node exports and that is looked
// up by name.
#pragma once
#include <node_api.h>

#include <memory>

using Pin = std::shared_ptr<void>;

// Whether this runtime has that function, and it does what it should: tried on a buffer.
bool canPin(napi_env env);

// Pins the memory of an ArrayBuffer or a SharedArrayBuffer; only where that can be done.
Pin pin(napi_env env, napi_value buffer);
