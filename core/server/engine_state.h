// SPDX-License-Identifier: Apache-2.0
// What does GET /engine/status say, and who asked the engine to end?
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "core/base/home.h"
#include "core/protocol/engine.h"
#include "core/server/model_pool.h"

namespace greylag {

inline constexpr const char* kEngineVersion = "0.1.0";

// Any thread after set_port.
class EngineState {
 public:
  EngineState(const Home& home, protocol::DeviceStatus device);

  void set_port(int port) { port_ = port; }
  protocol::EngineStatus status(const ModelPool& pool) const;
  // Every device, the chosen one marked.
  protocol::DeviceList devices() const;

  // What POST /engine/shutdown calls; set before the server starts.
  void set_on_shutdown(std::function<void()> callback) { on_shutdown_ = std::move(callback); }
  void request_shutdown() const {
    if (on_shutdown_) on_shutdown_();
  }

 private:
  const Home& home_;
  const protocol::DeviceStatus device_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<int> port_{0};
  std::function<void()> on_shutdown_;
};

// InvalidArgument with the reason when that device cannot be used here.
Result<protocol::DeviceStatus> choose_device(const std::string& choice, unsigned threads);

}  // namespace greylag
