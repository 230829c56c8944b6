// SPDX-License-Identifier: Apache-2.0
#include "core/server/settings_store.h"

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/protocol/codec.h"

namespace greylag {
namespace {

constexpr uint64_t kSettingsLimit = 4 << 20;
constexpr size_t kConfigurations = 200;
constexpr size_t kNameBytes = 100;

Error wrong(const std::string& message) { return Error{ErrorCode::InvalidArgument, message}; }

bool is_device(const std::string& choice) {
  return choice == "auto" || choice == "cpu" || choice.starts_with("cuda:") ||
         choice.starts_with("vulkan:");
}

Status check_number(const char* name, double value, double low, double high) {
  if (std::isfinite(value) && value >= low && value <= high) return {};
  return wrong(std::string(name) + " must be between " + std::to_string(low) + " and " +
               std::to_string(high));
}

Status check_configuration(const protocol::Configuration& c) {
  if (c.name.empty() || c.name.size() > kNameBytes) return wrong("name must have 1 to 100 bytes");
  if (c.model.empty()) return wrong("model must name a model");
  if (!is_device(c.device)) return wrong("device must be auto, cpu, cuda:N or vulkan:N");
  struct Bound {
    const char* name;
    double value, low, high;
  };
  const Bound bounds[] = {{"temperature", c.temperature, 0, 2},
                          {"top_p", c.top_p, 0, 1},
                          {"top_k", static_cast<double>(c.top_k), 0, 1e6},
                          {"presence_penalty", c.presence_penalty, -2, 2},
                          {"frequency_penalty", c.frequency_penalty, -2, 2},
                          {"penalty_decay", c.penalty_decay, 0, 1},
                          {"max_tokens", static_cast<double>(c.max_tokens), 1, 32768}};
  for (const Bound& b : bounds) {
    if (Status s = check_number(b.name, b.value, b.low, b.high); !s) return s;
  }
  return {};
}

}  // namespace

SettingsStore::SettingsStore(std::filesystem::path file, protocol::EngineSettings settings)
    : file_(std::move(file)), settings_(std::move(settings)) {}

SettingsStore::SettingsStore(SettingsStore&& other) noexcept
    : file_(std::move(other.file_)), settings_(std::move(other.settings_)) {}

Result<SettingsStore> SettingsStore::open(const Home& home) {
  const auto text = read_text_file(home.engine_settings(), kSettingsLimit);
  if (!text && text.error().code == ErrorCode::NotFound) {
    return SettingsStore(home.engine_settings(), {});
  }
  if (!text) return text.error();
  auto settings = protocol::decode<protocol::EngineSettings>(*text);
  if (!settings) {
    return Error{ErrorCode::BadFile, "engine.json is damaged (" + settings.error().message +
                                         "); repair it or move it away"};
  }
  return SettingsStore(home.engine_settings(), std::move(*settings));
}

protocol::EngineSettings SettingsStore::get() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

Status SettingsStore::save(protocol::EngineSettings settings) {
  if (Status s = write_file_atomic(file_, protocol::encode(settings) + "\n"); !s) return s;
  settings_ = std::move(settings);
  return {};
}

Status SettingsStore::put(protocol::EngineSettings settings) {
  if (settings.port < 0 || settings.port > 65535) return wrong("port must be between 0 and 65535");
  if (!is_device(settings.device)) return wrong("device must be auto, cpu, cuda:N or vulkan:N");
  if (settings.threads < 0 || settings.threads > 1024) {
    return wrong("threads must be between 0 and 1024");
  }
  const std::lock_guard lock(mutex_);
  settings.configurations = settings_.configurations;
  return save(std::move(settings));
}

std::optional<protocol::Configuration> SettingsStore::configuration(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& configuration : settings_.configurations) {
    if (configuration.name == name) return configuration;
  }
  return std::nullopt;
}

Status SettingsStore::put_configuration(const protocol::Configuration& configuration) {
  if (Status s = check_configuration(configuration); !s) return s;
  const std::lock_guard lock(mutex_);
  protocol::EngineSettings settings = settings_;
  auto& list = settings.configurations;
  const auto it = std::find_if(list.begin(), list.end(),
                               [&](const auto& c) { return c.name == configuration.name; });
  if (it != list.end()) {
    *it = configuration;
  } else if (list.size() >= kConfigurations) {
    return wrong("there are 200 configurations already");
  } else {
    list.push_back(configuration);
  }
  return save(std::move(settings));
}

Status SettingsStore::remove_configuration(const std::string& name) {
  const std::lock_guard lock(mutex_);
  protocol::EngineSettings settings = settings_;
  const size_t removed =
      std::erase_if(settings.configurations, [&](const auto& c) { return c.name == name; });
  if (removed == 0) {
    return Error{ErrorCode::NotFound, "there is no configuration \"" + name + "\""};
  }
  return save(std::move(settings));
}

}  // namespace greylag
