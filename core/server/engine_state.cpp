// SPDX-License-Identifier: Apache-2.0
#include "core/server/engine_state.h"

#include "core/base/file.h"
#include "core/base/platform.h"
#include "gpu/device.h"

namespace greylag {
namespace {

protocol::DeviceStatus to_status(const gpu::DeviceInfo& info, bool is_chosen) {
  protocol::DeviceStatus status;
  status.id = info.id;
  status.name = info.name;
  status.detail = info.detail;
  status.why = info.why;
  status.memory_bytes = info.memory_bytes;
  status.is_usable = info.is_usable;
  status.is_chosen = is_chosen;
  return status;
}

}  // namespace

Result<protocol::DeviceStatus> choose_device(const std::string& choice, unsigned threads) {
  std::string why;
  const auto device = gpu::make_device(choice, threads, &why);
  if (!device) return Error{ErrorCode::InvalidArgument, "device " + choice + ": " + why};
  return to_status(device->info(), true);
}

EngineState::EngineState(const Home& home, protocol::DeviceStatus device)
    : home_(home), device_(std::move(device)) {}

protocol::EngineStatus EngineState::status(const ModelPool& pool) const {
  protocol::EngineStatus status;
  status.version = kEngineVersion;
  status.pid = platform::process_id();
  status.port = port_;
  status.home = path_to_utf8(home_.root);
  status.uptime_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  status.device = device_;
  status.loaded_models = pool.loaded();
  status.memory_resident_bytes = platform::memory_resident_bytes();
  status.memory_available_bytes = platform::memory_available_bytes();
  status.disk_free_bytes = platform::disk_free_bytes(home_.root);
  const Scheduler::Load load = pool.load();
  status.running = load.running;
  status.waiting = load.waiting;
  return status;
}

protocol::DeviceList EngineState::devices() const {
  protocol::DeviceList list;
  for (const gpu::DeviceInfo& info : gpu::list_devices()) {
    list.devices.push_back(to_status(info, info.id == device_.id));
  }
  return list;
}

}  // namespace greylag
