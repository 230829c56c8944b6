// SPDX-License-Identifier: Apache-2.0
// What can be downloaded by name? resources/catalogue.json, shipped with the program: where a
// SHA-256 is published the entry pins it, so that a mirror can only refuse, never deceive.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/download_record.h"
#include "core/protocol/engine.h"

namespace greylag {

// is_installed is filled from HOME. BadFile when the file shipped with the program is damaged.
Result<protocol::Catalogue> load_catalogue(const std::filesystem::path& file, const Home& home);

// Where a file of this kind goes: "model" -> HOME/models, "vocabulary" -> HOME/tokenizers.
std::filesystem::path install_path(const Home& home, const std::string& kind,
                                   const std::string& file_name);

// The download that a request asks for. NotFound (no such entry), InvalidArgument (fields missing).
Result<DownloadRecord> plan_download(const protocol::DownloadRequest& request,
                                     const protocol::Catalogue& catalogue, const Home& home);

}  // namespace greylag
