// SPDX-License-Identifier: Apache-2.0
// What do route handlers work with? The parts of one engine, by reference; Engine owns them.
#pragma once

#include "core/base/home.h"
#include "core/hub/adapter_library.h"
#include "core/hub/downloader.h"
#include "core/hub/model_library.h"
#include "core/server/access.h"
#include "core/server/event_hub.h"
#include "core/server/model_pool.h"
#include "core/server/request_log.h"
#include "core/server/settings_store.h"

namespace greylag {

class CompletionJobs;
class CompletionWaits;
class EngineState;
class Converter;
class Importer;
class JobRunner;
class Reasoner;
class RunSupervisor;

struct Services {
  const Home& home;
  SettingsStore& settings;
  Tokens& tokens;
  ModelLibrary& models;
  AdapterLibrary& adapters;
  ModelPool& pool;
  Downloader& downloads;
  const std::vector<std::string>& hubs;  // hosts that are searched for models
  Importer& importer;
  Converter& converter;
  RunSupervisor& runs;
  Reasoner& reasoner;
  RequestLog& requests;
  CompletionJobs& jobs;
  CompletionWaits& waits;
  JobRunner& long_jobs;    // data checks, plans, merges: minutes
  JobRunner& searches;     // of hubs, which may not answer
  JobRunner& extra_loads;  // adapters, states and cores, and the hashes of their models
  EventHub& events;
  EngineState& state;
};

}  // namespace greylag
