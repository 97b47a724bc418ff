// The boundary to JavaScript: reads arguments, looks memory up, calls the engine. ../binding.d.ts documents every
// function.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <string>

#include "async-step.h"
#include "engine.h"
#include "gradient.h"
#include "parameter.h"
#include "pin.h"
#include "rules/rules.h"
#include "team.h"
#include "transformation.h"

namespace {

Napi::Array splitNames(Napi::Env env, const std::string& names) {
  Napi::Array list = Napi::Array::New(env);
  for (size_t at = 0; at < names.size();) {
    const size_t comma = std::min(names.find(", ", at), names.size());
    list[list.Length()] = Napi::String::New(env, names.substr(at, comma - at));
    at = comma + 2;
  }
  return list;
}

struct Stage {
  const char *scalars, *switches;
};

template <class Described>
constexpr Stage stage = {Described::ScalarNames, Described::SwitchNames};

Napi::Object describeStage(Napi::Env env, const Stage& stage) {
  Napi::Object description = Napi::Object::New(env);
  description["scalars"] = splitNames(env, stage.scalars);
  description["switches"] = splitNames(env, stage.switches);
  return description;
}

struct Rule {
  Stage stage;
  const char *name, *states;
  bool (*isSigned)(unsigned state);
};

template <class... Rules>
Napi::Array describeRules(Napi::Env env, RuleList<Rules...>) {
  static constexpr Rule all[] = {{stage<Rules>, Rules::name, Rules::StateNames, Rules::isSigned}...};
  Napi::Array rules = Napi::Array::New(env);
  for (const Rule& each : all) {
    Napi::Object rule = describeStage(env, each.stage);
    rule["name"] = each.name;
    const Napi::Array states = splitNames(env, each.states), isSigned = Napi::Array::New(env);
    for (uint32_t k = 0; k < states.Length(); k++) isSigned.Set(k, Napi::Boolean::New(env, each.isSigned(k)));
    rule["state"] = states;
    rule["signed"] = isSigned;
    rules[rules.Length()] = rule;
  }
  return rules;
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array isas = Napi::Array::New(env);
  for (const Isa* isa : kIsas)
    if (isa->supported()) isas[isas.Length()] = Napi::String::New(env, isa->name);

  Napi::Object description = Napi::Object::New(env);
  description["version"] = RMSPROP_VERSION;
  description["transformation"] = describeStage(env, stage<Transformation>);
  description["gradient"] = describeStage(env, stage<Gradient>);
  description["parameter"] = describeStage(env, stage<Parameter>);
  description["commonStates"] = splitNames(env, kCommonStateNames);
  description["rules"] = describeRules(env, AllRules{});
  description["maxStates"] = Napi::Number::New(env, kMaxStates);
  description["isas"] = isas;
  description["isa"] = configuration().isa.load()->name;
  description["threads"] = Napi::Number::New(env, configuration().threads);
  description["asynchronous"] = Napi::Boolean::New(env, canPin(env));
  return description;
}

void configure(const Napi::CallbackInfo& info) {
  const std::string name = info[0].As<Napi::String>();
  for (const Isa* isa : kIsas)
    if (isa->name == name && isa->supported()) configuration().isa = isa;
  const unsigned threads = info[1].As<Napi::Number>().Uint32Value();
  if (configuration().threads.exchange(threads) > threads) Team::ofProcess().shrink();
}

Napi::Value offsetInPage(const Napi::CallbackInfo& info) {
  void* data = nullptr;
  napi_get_typedarray_info(info.Env(), info[0], nullptr, nullptr, &data, nullptr, nullptr);
  return Napi::Number::New(info.Env(), reinterpret_cast<uintptr_t>(data) % 4096);
}

// A plan, and room for the arguments of a step. It does not hold on to the memory that it points into: whoever has the
// plan does. References here would keep that memory until the event loop turns and runs the finalizer.
struct Bound {
  std::unique_ptr<Plan> plan;
  std::unique_ptr<AsyncStep> asyncStep;
  std::vector<napi_value> arguments;
};

// Whether an array of this type holds the numbers of that tensor. A Float16Array has a type of its own in newer
// versions of Node-API; older ones leave `type` as it was.
constexpr auto napi_float16_array = static_cast<napi_typedarray_type>(11),
               kUnknownArray = static_cast<napi_typedarray_type>(15);
bool holds(napi_typedarray_type type, const Plan::Tensor& tensor) {
  switch (tensor.type) {
    case DataType::float32:
      return type == napi_float32_array;
    case DataType::float64:
      return type == napi_float64_array;
    case DataType::float16:
      if (type == napi_float16_array || type == kUnknownArray) return true;
      [[fallthrough]];
    default:
      return type == napi_uint16_array && tensor.inUint16Arrays;
  }
}

// The current memory of a typed array, if it is one of this tensor's type and length; and its buffer, if asked for.
bool lookUp(napi_env env, napi_value value, const Plan::Tensor& tensor, void** data, napi_value* buffer = nullptr) {
  napi_typedarray_type type = kUnknownArray;
  size_t length;
  return napi_get_typedarray_info(env, value, &type, &length, data, buffer, nullptr) == napi_ok &&
         holds(type, tensor) && length == tensor.length;
}

Napi::Value createPlan(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const unsigned rule = info[0].As<Napi::Number>().Uint32Value();
  const auto parameters = info[1].As<Napi::Array>();
  auto layout = info[2].As<Napi::Float64Array>();
  auto arena = info[3].As<Napi::ArrayBuffer>();
  auto rows = info[4].As<Napi::Float64Array>();
  const size_t rowWidth = info[5].As<Napi::Number>().Uint32Value();
  auto rowOf = info[6].As<Napi::Int32Array>();
  auto request = info[7].As<Napi::Float64Array>(), norms = info[8].As<Napi::Float64Array>(),
       reports = info[9].As<Napi::Float64Array>(), squares = info[10].As<Napi::Float64Array>(),
       sums = info[11].As<Napi::Float64Array>(), samples = info[12].As<Napi::Float64Array>(),
       distances = info[13].As<Napi::Float64Array>(), multipliers = info[14].As<Napi::Float64Array>();
  if (env.IsExceptionPending()) return env.Null();

  std::vector<Plan::Tensor> tensors(parameters.Length());
  const double* next = layout.Data();
  for (uint32_t i = 0; i < tensors.size(); i++) {
    Plan::Tensor& tensor = tensors[i];
    tensor.type = static_cast<DataType>(*next++);
    tensor.inUint16Arrays = *next++ != 0;
    tensor.stateType = static_cast<DataType>(*next++);
    tensor.length = static_cast<size_t>(*next++);
    tensor.firstBlock = static_cast<uint32_t>(*next++);
    tensor.spacing = static_cast<uint32_t>(*next++);
    for (ptrdiff_t& offset : tensor.common) offset = static_cast<ptrdiff_t>(*next++);
    for (ptrdiff_t& offset : tensor.state) offset = static_cast<ptrdiff_t>(*next++);
    if (!lookUp(env, Napi::Value(parameters[i]), tensor, &tensor.parameter)) return env.Null();
  }
  auto bound = std::make_unique<Bound>();
  bound->arguments.resize(2 + tensors.size());
  bound->plan =
      std::make_unique<Plan>(rule, std::move(tensors), static_cast<char*>(arena.Data()), arena.ByteLength(),
                             rows.Data(), rowWidth, rowOf.Data(), request.Data(), norms.Data(), reports.Data(),
                             squares.Data(), sums.Data(), samples.Data(), distances.Data(), multipliers.Data());
  if (!bound->plan->parametersDisjoint()) return env.Null();
  bound->asyncStep = std::make_unique<AsyncStep>(*bound->plan);
  return Napi::External<Bound>::New(env, bound.release(), [](Napi::Env, Bound* dead) { delete dead; });
}

// The arguments of a call whose first one is a plan.
struct Call {
  Bound* bound = nullptr;
  size_t count = 0;
  const napi_value* arguments = nullptr;

  Call(napi_env env, napi_callback_info info) {
    napi_value first;
    size_t given = 1;
    void* data = nullptr;
    napi_get_cb_info(env, info, &given, &first, nullptr, nullptr);
    if (given == 0 || napi_get_value_external(env, first, &data) != napi_ok) return;
    bound = static_cast<Bound*>(data);
    if (given > bound->arguments.size()) return;
    count = given;
    napi_get_cb_info(env, info, &given, bound->arguments.data(), nullptr, nullptr);
    arguments = bound->arguments.data();
  }
};

napi_value answer(napi_env env, bool yes) {
  napi_value value = nullptr;
  napi_get_boolean(env, yes, &value);
  return value;
}

// Takes the memory of a gradient for the next step, unless that skips it; and tells its buffer, if asked for.
bool takeGradient(napi_env env, Plan& plan, size_t i, napi_value value, napi_value* buffer = nullptr) {
  void* data = nullptr;
  return plan.skips(i) || (lookUp(env, value, plan.tensor(i), &data, buffer) && plan.setGradient(i, data));
}

napi_value step(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.bound || call.count != 1 + call.bound->plan->size()) return answer(env, false);
  Plan& plan = *call.bound->plan;
  for (size_t i = 0; i < plan.size(); i++)
    if (!takeGradient(env, plan, i, call.arguments[1 + i])) return answer(env, false);
  if (!plan.gradientsDisjoint()) return answer(env, false);
  plan.run();
  return answer(env, true);
}

// The arguments of a call whose first two are a plan and the number of one of its tensors.
template <size_t count>
struct TensorCall {
  Plan* plan = nullptr;
  uint32_t tensor = 0;
  napi_value arguments[count];

  TensorCall(napi_env env, napi_callback_info info) {
    size_t given = count;
    void* data = nullptr;
    napi_get_cb_info(env, info, &given, arguments, nullptr, nullptr);
    if (given != count || napi_get_value_external(env, arguments[0], &data) != napi_ok ||
        napi_get_value_uint32(env, arguments[1], &tensor) != napi_ok)
      return;
    Plan* found = static_cast<Bound*>(data)->plan.get();
    if (tensor < found->size()) plan = found;
  }
};

napi_value stepTensor(napi_env env, napi_callback_info info) {
  const TensorCall<5> call(env, info);
  if (!call.plan || !takeGradient(env, *call.plan, call.tensor, call.arguments[2])) return answer(env, false);
  int64_t from = 0, to = 0;
  napi_get_value_int64(env, call.arguments[3], &from);
  napi_get_value_int64(env, call.arguments[4], &to);
  const auto length = static_cast<int64_t>(call.plan->tensor(call.tensor).length);
  if (from < 0 || from > to || to > length || from % kNormChunk != 0) return answer(env, false);
  call.plan->runTensor(call.tensor, static_cast<size_t>(from), static_cast<size_t>(to));
  return answer(env, true);
}

// Takes the memory of rows and of their gradients.
bool takeRows(napi_env env, Plan& plan, size_t i, napi_value rows, napi_value gradients) {
  const Plan::Tensor& tensor = plan.tensor(i);
  napi_typedarray_type type = kUnknownArray;
  size_t count, length;
  void *rowData, *data;
  if (napi_get_typedarray_info(env, rows, &type, &count, &rowData, nullptr, nullptr) != napi_ok ||
      (type != napi_int32_array && type != napi_uint32_array))
    return false;
  const bool isSigned = type == napi_int32_array;
  type = kUnknownArray;
  if (napi_get_typedarray_info(env, gradients, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      !holds(type, tensor))
    return false;
  if (count == 0 || length == 0) return count == length && plan.setRows(i, nullptr, 0, 0, data, 1);
  const size_t width = length / count;
  if (length % count != 0 || tensor.length % width != 0) return false;
  if (tensor.stateType == DataType::uint8 && width % kBlock != 0) return false;
  // A negative number is read as one that is too large.
  const size_t all = tensor.length / width, end = std::min(all, size_t{1} << (isSigned ? 31 : 32));
  return plan.setRows(i, static_cast<const uint32_t*>(rowData), count, end, data, width);
}

napi_value stepRows(napi_env env, napi_callback_info info) {
  const TensorCall<4> call(env, info);
  if (!call.plan || !takeRows(env, *call.plan, call.tensor, call.arguments[2], call.arguments[3]))
    return answer(env, false);
  call.plan->runRows(call.tensor);
  return answer(env, true);
}

// Gives every tensor of a call that names the first one to `take`, which tells whether it is right.
template <class Take>
napi_value takeEach(napi_env env, napi_callback_info info, Take take) {
  const Call call(env, info);
  uint32_t first = 0;
  const bool fits = call.bound && call.count >= 2 && napi_get_value_uint32(env, call.arguments[1], &first) == napi_ok &&
                    first + (call.count - 2) <= call.bound->plan->size();
  if (!fits) return answer(env, false);
  for (size_t k = 2; k < call.count; k++)
    if (!take(*call.bound, first + k - 2, call.arguments[k])) return answer(env, false);
  return answer(env, true);
}

napi_value holdParameters(napi_env env, napi_callback_info info) {
  return takeEach(env, info, [env](const Bound& bound, size_t i, napi_value value) {
    void* data = nullptr;
    napi_value buffer;
    if (!lookUp(env, value, bound.plan->tensor(i), &data, &buffer)) return false;
    bound.asyncStep->holdForGood(pin(env, buffer));
    return true;
  });
}

napi_value holdGradients(napi_env env, napi_callback_info info) {
  return takeEach(env, info, [env](const Bound& bound, size_t i, napi_value value) {
    napi_value buffer = nullptr;
    if (!takeGradient(env, *bound.plan, i, value, &buffer)) return false;
    if (buffer) bound.asyncStep->hold(pin(env, buffer));
    return i + 1 < bound.plan->size() || bound.plan->gradientsDisjoint();
  });
}

napi_value letGo(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.bound) call.bound->asyncStep->letGo();
  return nullptr;
}

napi_value start(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return answer(env, call.bound && call.count == 2 && call.bound->asyncStep->start(env, call.arguments[1]));
}

napi_value cancel(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return answer(env, call.bound && call.bound->asyncStep->cancel(env));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports["describe"] = Napi::Function::New<describe>(env, "describe");
  exports["configure"] = Napi::Function::New<configure>(env, "configure");
  exports["offsetInPage"] = Napi::Function::New<offsetInPage>(env, "offsetInPage");
  exports["createPlan"] = Napi::Function::New<createPlan>(env, "createPlan");
  const std::pair<const char*, napi_callback> functions[] = {
      {"step", step},
      {"stepTensor", stepTensor},
      {"stepRows", stepRows},
      {"holdParameters", holdParameters},
      {"holdGradients", holdGradients},
      {"letGo", letGo},
      {"start", start},
      {"cancel", cancel},
  };
  for (const auto& [name, callback] : functions) {
    napi_value function;
    NAPI_THROW_IF_FAILED(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function), exports);
    exports[name] = Napi::Value(env, function);
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(rmsprop, initialize)
