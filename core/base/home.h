// SPDX-License-Identifier: Apache-2.0
// Where does everything of one user live? HOME = --home, else the platform's data folder + Greylag.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace greylag {

struct Home {
  std::filesystem::path root;

  std::filesystem::path models() const { return root / "models"; }
  std::filesystem::path tokenizers() const { return root / "tokenizers"; }
  std::filesystem::path runs() const { return root / "runs"; }
  std::filesystem::path adapters() const { return root / "adapters"; }
  std::filesystem::path states() const { return root / "states"; }
  std::filesystem::path downloads() const { return root / "downloads"; }
  std::filesystem::path chats_database() const { return root / "chats.sqlite"; }
  std::filesystem::path engine_settings() const { return root / "engine.json"; }
  std::filesystem::path engine_lock() const { return root / "engine.lock"; }
  // {"protocol","pid","port","token_file","control_token_file"} of the live engine; see
  // core/protocol.
  std::filesystem::path engine_record() const { return root / "engine.record.json"; }
  std::filesystem::path api_token() const { return root / "api.token"; }
  std::filesystem::path control_token() const { return root / "control.token"; }

  // Creates the folders (0700) and takes other accounts' rights to what is there already, but for
  // what links lead to. An empty path means the platform's default. InvalidArgument when there is
  // none; Forbidden when it belongs to another account.
  static Result<Home> open(const std::filesystem::path& root);
};

// Folder of the files shipped with the program: <exe>/../share/greylag when installed, else
// resources/ of the source tree (compiled in for developer builds only through GREYLAG_RESOURCES).
std::filesystem::path resource_dir();

}  // namespace greylag
