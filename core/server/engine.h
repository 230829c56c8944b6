// SPDX-License-Identifier: Apache-2.0
// One engine on one HOME: owns every part, starts them in order, stops them in the opposite order.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/hub_search.h"
#include "core/infer/scheduler.h"
#include "core/protocol/engine.h"
#include "core/server/http_server.h"

namespace greylag {

struct EngineOptions {
  Home home;
  std::optional<int> port;                              // none = the setting; 0 = any free one
  std::optional<std::string> device;                    // none = the setting
  unsigned threads = 0;                                 // 0 = the setting, then all cores
  std::vector<std::filesystem::path> models, adapters;  // of the command line
  std::optional<double> adapter_alpha;                  // for those adapters that carry none
  std::optional<std::filesystem::path> vocabulary;
  std::filesystem::path trainer;  // greylag-train
  std::vector<std::string> hubs = default_hubs();
  SchedulerOptions scheduler;  // without a roof the engine makes one, and measures it once idle
  HttpLimits limits;
};

class Engine {
 public:
  // Conflict: another engine has this HOME, or the port is taken. InvalidArgument: device.
  // Unavailable: there are no threads.
  static Result<std::unique_ptr<Engine>> start(EngineOptions options);
  // Ends generations with an error event, closes connections, removes the record. Trainers go on.
  ~Engine();
  Engine(const Engine&) = delete;

  const protocol::Handshake& handshake() const;
  // Called from a worker thread when a client asks for shutdown; the owner then destroys the
  // engine.
  void set_on_shutdown(std::function<void()> callback);

 private:
  struct Parts;
  static Result<std::unique_ptr<Engine>> start_parts(EngineOptions options);
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace greylag
