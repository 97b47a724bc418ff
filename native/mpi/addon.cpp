// The boundary to JavaScript of the module that speaks MPI: reads arguments and makes tasks of them.
// ../../lib/mpi/binding.ts documents every function.
#include <napi.h>

#include <memory>
#include <new>

#include "collectives.h"
#include "mpi-thread.h"
#include "pin.h"
#include "reduction.h"

namespace {

// The JavaScript thread that speaks through MPI; there is one in a process.
struct Owner {
  napi_env env = nullptr;
  napi_threadsafe_function settle = nullptr;
  size_t underWay = 0;  // tasks whose callers go on meanwhile
  unsigned tasks = 0;   // so many so far, on every rank alike
};
std::atomic<bool> claimed{false};
Owner owner;

Array arrayOf(Napi::Env env, napi_value value) {
  Array array;
  napi_typedarray_type type;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &array.length, &data, nullptr, nullptr) != napi_ok) return array;
  array.type = type == napi_float32_array   ? ArrayType::float32
               : type == napi_float64_array ? ArrayType::float64
                                            : ArrayType::uint8;
  array.data = static_cast<char*>(data);
  return array;
}

void keep(Task& task, Napi::Env env, napi_value value) {
  napi_value buffer;
  napi_get_typedarray_info(env, value, nullptr, nullptr, nullptr, &buffer, nullptr);
  task.pins.push_back(pin(env, buffer));
}

// What went wrong: an error of MPI, or the headers of all ranks that differ. Undefined if nothing did.
Napi::Value faultOf(Napi::Env env, const Task& task) {
  if (!task.error().empty()) return Napi::String::New(env, task.error());
  const auto& headers = task.disagreement();
  if (headers.empty()) return env.Undefined();
  Napi::Float64Array fields = Napi::Float64Array::New(env, headers.size() * 4);
  double* next = fields.Data();
  for (const Header& header : headers)
    for (const uint64_t field : {header.kind, header.type, header.length, header.option})
      *next++ = static_cast<double>(field);
  return fields;
}

// A task whose caller goes on, and the function that wants to know what became of it.
struct Later {
  Task task;
  Napi::FunctionReference done;
};

void settle(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Later> later(static_cast<Later*>(data));
  if (!env) {
    later->done.SuppressDestruct();
    return;
  }
  if (--owner.underWay == 0) napi_unref_threadsafe_function(env, owner.settle);
  try {
    later->done.Call({faultOf(env, later->task)});
  } catch (const Napi::Error&) {
    // A worker that is being terminated calls nothing any more; `done` itself does not throw.
  }
}

// Does what `prepare` puts into a task: now, or by the time that the function `done` is called.
template <class Prepare>
Napi::Value perform(Napi::Env env, Napi::Value done, Prepare prepare) {
  MpiThread& thread = MpiThread::ofProcess();
  const int tag = static_cast<int>(owner.tasks % static_cast<unsigned>(thread.world().tags));
  try {
    if (!done.IsFunction()) {
      Task task;
      prepare(task, tag);
      owner.tasks++;
      thread.post(task);
      thread.wait(task);
      return faultOf(env, task);
    }
    auto later = std::make_unique<Later>();
    prepare(later->task, tag);
    owner.tasks++;
    later->done = Napi::Persistent(done.As<Napi::Function>());
    later->task.whenSettled = [raw = later.get()](Task& task) {
      task.pins.clear();
      napi_call_threadsafe_function(owner.settle, raw, napi_tsfn_nonblocking);
    };
    if (owner.underWay++ == 0) napi_ref_threadsafe_function(env, owner.settle);
    thread.post(later.release()->task);
    return env.Undefined();
  } catch (const std::bad_alloc&) {
    return env.Null();
  }
}

Napi::Value init(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (claimed.exchange(true)) return env.Null();
  if (!canPin(env)) return Napi::String::New(env, "this runtime cannot keep memory in its place");
  owner.env = env;
  napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "rmsprop-mpi"), 0, 1, nullptr, nullptr,
                                  nullptr, settle, &owner.settle);
  napi_unref_threadsafe_function(env, owner.settle);
  MpiThread& thread = MpiThread::ofProcess();
  const std::string failure = thread.open(static_cast<size_t>(info[0].As<Napi::Number>().Int64Value()));
  if (!failure.empty()) return Napi::String::New(env, failure);
  // The JavaScript thread ends, or the process: tasks may not outlive the memory that they work on.
  napi_add_env_cleanup_hook(
      env, [](void*) { MpiThread::ofProcess().abortUnlessClosed(); }, nullptr);
  Napi::Object world = Napi::Object::New(env);
  world["rank"] = Napi::Number::New(env, thread.world().rank);
  world["size"] = Napi::Number::New(env, thread.world().size);
  world["host"] = Napi::String::New(env, thread.world().host);
  return world;
}

Napi::Value collective(const Napi::CallbackInfo& info) {
  const auto kind = static_cast<Kind>(info[0].As<Napi::Number>().Uint32Value());
  const Array array = arrayOf(info.Env(), info[1]);
  auto counts = info[2].As<Napi::Float64Array>();
  const unsigned option = info[3].As<Napi::Number>().Uint32Value();
  return perform(info.Env(), info[4], [&](Task& task, int tag) {
    const std::vector<size_t> lengths(counts.Data(), counts.Data() + counts.ElementLength());
    prepare(task, MpiThread::ofProcess().world(), kind, array, lengths, option, tag);
    if (array.type != ArrayType::none) keep(task, info.Env(), info[1]);
  });
}

std::vector<Segment> segmentsOf(const std::vector<Array>& arrays, Napi::Float64Array quadruples) {
  std::vector<Segment> segments;
  const double* end = quadruples.Data() + quadruples.ElementLength();
  for (const double* next = quadruples.Data(); next != end; next += 4)
    segments.push_back({static_cast<int>(next[0]), arrays[static_cast<size_t>(next[1])].part(
                                                       static_cast<size_t>(next[2]), static_cast<size_t>(next[3]))});
  return segments;
}

std::vector<Array> arraysOf(Napi::Env env, Napi::Array list) {
  std::vector<Array> arrays;
  for (uint32_t i = 0; i < list.Length(); i++) arrays.push_back(arrayOf(env, Napi::Value(list[i])));
  return arrays;
}

Napi::Value exchange(const Napi::CallbackInfo& info) {
  const auto list = info[0].As<Napi::Array>();
  return perform(info.Env(), info[3], [&](Task& task, int tag) {
    const std::vector<Array> arrays = arraysOf(info.Env(), list);
    prepareExchange(task, MpiThread::ofProcess().world(), segmentsOf(arrays, info[1].As<Napi::Float64Array>()),
                    segmentsOf(arrays, info[2].As<Napi::Float64Array>()), tag);
    for (uint32_t i = 0; i < list.Length(); i++) keep(task, info.Env(), Napi::Value(list[i]));
  });
}

void mean(const Napi::CallbackInfo& info) {
  const std::vector<Array> parts = arraysOf(info.Env(), info[1].As<Napi::Array>());
  reduce(arrayOf(info.Env(), info[0]), parts, Operation::mean);
}

void abortAll(const Napi::CallbackInfo& info) {
  MpiThread::ofProcess().abort(info[0].As<Napi::String>(), info[1].As<Napi::Number>());
}

void ending(const Napi::CallbackInfo& info) {
  MpiThread::ofProcess().exitCode = info[0].As<Napi::Number>().Int32Value();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports["version"] = RMSPROP_VERSION;
  exports["init"] = Napi::Function::New<init>(env, "init");
  exports["collective"] = Napi::Function::New<collective>(env, "collective");
  exports["exchange"] = Napi::Function::New<exchange>(env, "exchange");
  exports["mean"] = Napi::Function::New<mean>(env, "mean");
  exports["abort"] = Napi::Function::New<abortAll>(env, "abort");
  exports["ending"] = Napi::Function::New<ending>(env, "ending");
  return exports;
}

}  // namespace

NODE_API_MODULE(rmsprop_mpi, initialize)
