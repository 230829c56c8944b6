// SPDX-License-Identifier: Apache-2.0
// greylag-engine devices: what could compute, and why it is used or not.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "core/cli/commands.h"
#include "core/protocol/codec.h"
#include "core/protocol/engine.h"
#include "gpu/device.h"

namespace greylag {
namespace {

int devices(const CommandContext& context) {
  protocol::DeviceList list;
  std::string why;
  const std::unique_ptr<gpu::Device> chosen =
      gpu::make_device(context.device_choice(), context.cpu_threads(), &why);
  if (chosen == nullptr) {
    return fail(context, {ErrorCode::InvalidArgument,
                          "device " + context.device_choice() + " cannot be used: " + why});
  }
  for (const gpu::DeviceInfo& info : gpu::list_devices()) {
    list.devices.push_back({.id = info.id,
                            .name = info.name,
                            .detail = info.detail,
                            .why = info.why,
                            .memory_bytes = info.memory_bytes,
                            .is_usable = info.is_usable,
                            .is_chosen = info.id == chosen->info().id});
  }
  if (context.is_json) {
    std::cout << protocol::encode(list) << std::endl;
    return 0;
  }
  for (const protocol::DeviceStatus& device : list.devices) {
    std::cout << fmt::format("{} {:<10} {}  {:.1f} GiB  {}\n             {}\n",
                             device.is_chosen ? '*' : ' ', device.id, device.name,
                             static_cast<double>(device.memory_bytes) / (1 << 30), device.detail,
                             device.why);
  }
  return 0;
}

}  // namespace

void add_devices_command(CLI::App& app, CommandContext& context) {
  app.add_subcommand("devices", "list the devices of this machine")->callback([&context] {
    context.action = [&context] { return devices(context); };
  });
}

}  // namespace greylag
