// The rules, in the order of their numbers.
#pragma once
#include "adadelta.h"
#include "adagrad.h"
#include "adam.h"
#include "adamax.h"
#include "lion.h"
#include "nadam.h"
#include "rmsprop.h"
#include "rprop.h"
#include "schedule-free.h"
#include "sgd.h"

template <class... Rules>
struct RuleList {};

using AllRules = RuleList<RMSprop, SGD, Adam, Adagrad, Adadelta, Adamax, Rprop, Lion, NAdam, ScheduleFree>;
