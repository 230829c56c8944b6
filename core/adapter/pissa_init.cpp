// SPDX-License-Identifier: Apache-2.0
// A folder may hold several adapters, each with an init file of its own; then their names pair
// them.
#include "core/adapter/pissa_init.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "core/base/file.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;

// "mine.init_pissa.pth" is named after "mine.pth"; so are "mine-init_pissa" and "mine_init_pissa".
bool is_named_after(const fs::path& init, const fs::path& adapter) {
  const std::string name = path_to_utf8(init.filename());
  const std::string stem = path_to_utf8(adapter.stem());
  const size_t at = stem.size();
  return name.starts_with(stem) && std::string(".-_").find(name[at]) != std::string::npos;
}

bool is_checkpoint(const fs::path& path) {
  return path.extension() == ".pth" || path.extension() == ".safetensors";
}

}  // namespace

bool is_pissa_init(const fs::path& path) {
  return is_checkpoint(path) &&
         path_to_utf8(path.filename()).find("init_pissa") != std::string::npos;
}

Result<std::optional<fs::path>> find_pissa_init(const fs::path& adapter) {
  std::vector<fs::path> inits, others;
  std::error_code failed;
  const fs::path folder = adapter.has_parent_path() ? adapter.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (is_checkpoint(entry.path())) {
      (is_pissa_init(entry.path()) ? inits : others).push_back(entry.path());
    }
  }
  std::ranges::sort(inits);
  for (const fs::path& init : inits) {
    if (is_named_after(init, adapter)) return std::optional(init);
  }
  for (const fs::path& init : inits) {
    if (init.stem() == "init_pissa") return std::optional(init);
  }
  std::erase_if(inits, [&](const fs::path& init) {
    return std::ranges::any_of(others,
                               [&](const fs::path& other) { return is_named_after(init, other); });
  });
  if (inits.empty()) return std::optional<fs::path>();
  if (inits.size() == 1) return std::optional(inits.front());
  return Error{ErrorCode::InvalidArgument,
               "several init_pissa files lie beside it; name the right one after the adapter: " +
                   path_to_utf8(adapter.stem()) + ".init_pissa.pth"};
}

}  // namespace greylag
