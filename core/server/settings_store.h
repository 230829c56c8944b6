// SPDX-License-Identifier: Apache-2.0
// HOME/engine.json: settings and named configurations, changed one whole file at a time.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/protocol/engine.h"

namespace greylag {

// Any thread.
class SettingsStore {
 public:
  // A missing file gives the defaults; a damaged one is BadFile (never overwritten silently).
  static Result<SettingsStore> open(const Home& home);
  SettingsStore(SettingsStore&& other) noexcept;

  protocol::EngineSettings get() const;
  // Configurations are kept; InvalidArgument names the field.
  Status put(protocol::EngineSettings settings);
  std::optional<protocol::Configuration> configuration(const std::string& name) const;
  Status put_configuration(const protocol::Configuration& configuration);
  Status remove_configuration(const std::string& name);  // NotFound

 private:
  SettingsStore(std::filesystem::path file, protocol::EngineSettings settings);
  Status save(protocol::EngineSettings settings);  // mutex held

  std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards settings_
  protocol::EngineSettings settings_;
};

}  // namespace greylag
