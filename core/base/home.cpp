// SPDX-License-Identifier: Apache-2.0
#include "core/base/home.h"

#include "core/base/file.h"
#include "core/base/platform.h"

namespace greylag {

Result<Home> Home::open(const std::filesystem::path& root) {
  Home home{root.empty() ? platform::default_home() : std::filesystem::absolute(root)};
  for (const auto& folder : {home.root, home.models(), home.tokenizers(), home.runs(),
                             home.adapters(), home.states(), home.downloads()}) {
    if (auto made = make_private_dir(folder); !made)
      return made.error().in("opening the home folder");
  }
  return home;
}

std::filesystem::path resource_dir() {
  std::error_code ignored;
  const auto installed = platform::executable_dir() / ".." / "share" / "greylag";
  if (std::filesystem::is_directory(installed, ignored)) return installed.lexically_normal();
#if defined(__APPLE__)
  const auto bundled = platform::executable_dir() / ".." / "Resources";
  if (std::filesystem::is_directory(bundled / "models", ignored)) return bundled.lexically_normal();
#endif
  return std::filesystem::path(GREYLAG_RESOURCES);
}

}  // namespace greylag
