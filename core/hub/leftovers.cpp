// SPDX-License-Identifier: Apache-2.0
#include "core/hub/leftovers.h"

#include <fmt/format.h>

#include <system_error>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/runs/checkpoint_folder.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

void clean_run(const fs::path& run, uint64_t& bytes) {
  bytes += remove_abandoned_files(run);
  bytes += remove_abandoned_files(run / "control");
  if (!has_leftovers(run / "checkpoints")) return;
  const auto lock = platform::acquire_lock(run / "owner.lock");  // its trainer holds it
  if (!lock) return;
  clean_leftovers(run / "checkpoints");
  platform::release_lock(*lock);
}

}  // namespace

void remove_leftovers(const Home& home) {
  uint64_t bytes = 0;
  for (const fs::path& folder : {home.root, home.models(), home.adapters(), home.states(),
                                 home.tokenizers(), home.downloads()}) {
    bytes += remove_abandoned_files(folder);
  }
  std::error_code failed;
  for (fs::directory_iterator it(home.runs(), failed), end; !failed && it != end;
       it.increment(failed)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) clean_run(it->path(), bytes);
  }
  if (bytes > 0)
    log_info("hub", fmt::format("removed what a killed program left mib={}", bytes >> 20));
}

}  // namespace greylag
