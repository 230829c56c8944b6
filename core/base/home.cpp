// SPDX-License-Identifier: Apache-2.0
#include "core/base/home.h"

#include <system_error>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;

// A link is the user's own decision: what it leads to may be shared on purpose.
bool is_link(const fs::path& path) {
  std::error_code ignored;
  return fs::is_symlink(path, ignored);
}

// True when other accounts could read it before. Windows: what keeps them out is the user's profile
// folder, so there is nothing to do.
Result<bool> close_to_others(const fs::path& path) {
  const Result<platform::Privacy> privacy = platform::make_private(path);
  if (!privacy) return privacy.error();
  if (*privacy == platform::Privacy::Foreign) {
    return Error{ErrorCode::Forbidden,
                 path_to_utf8(path) +
                     " belongs to another account, which could read the tokens in it; start as "
                     "that account or give another folder with --home"};
  }
  return *privacy == platform::Privacy::MadePrivate;
}

// HOME may be older than the rule that nobody else reads it, or come out of an archive.
Status close_home(const Home& home) {
  bool was_open = false;
  for (const fs::path& path :
       {home.root, home.models(), home.tokenizers(), home.runs(), home.adapters(), home.states(),
        home.downloads(), home.chats_database(), home.engine_settings(), home.engine_record(),
        home.api_token(), home.control_token()}) {
    if (path != home.root && is_link(path)) continue;
    const Result<bool> closed = close_to_others(path);
    if (!closed && closed.error().code == ErrorCode::NotFound) continue;  // a file not written yet
    if (!closed) return closed.error();
    was_open = was_open || *closed;
  }
  if (was_open) log_warn("base", "other accounts could read the home folder; they cannot any more");
  return {};
}

}  // namespace

Result<Home> Home::open(const fs::path& root) {
  Home home{root.empty() ? platform::default_home() : fs::absolute(root)};
  if (home.root.empty()) {
    return Error{ErrorCode::InvalidArgument,
                 "this account has no home folder: set HOME or give a folder with --home"};
  }
  for (const auto& folder : {home.root, home.models(), home.tokenizers(), home.runs(),
                             home.adapters(), home.states(), home.downloads()}) {
    if (auto made = make_private_dir(folder); !made)
      return made.error().in("opening the home folder");
  }
  if (Status closed = close_home(home); !closed) return closed.error();
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
