// SPDX-License-Identifier: Apache-2.0
// How does a user's file become ours? It is looked at, refused with the reason if Greylag cannot
// use it, then copied whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/base/home.h"
#include "core/base/result.h"

namespace greylag {

struct ImportTarget {
  std::string kind;  // "model" | "vocabulary" | "adapter"
  std::string id;    // of the imported file
  std::filesystem::path path;
  uint64_t size_bytes = 0;
};

// Where would the file go? kind as in PathRequest, empty = by content. Errors of
// check_regular_file; BadFile (why it cannot be used), Conflict (a file of that name is there),
// InvalidArgument (kind, name).
Result<ImportTarget> plan_import(const Home& home, const std::filesystem::path& file,
                                 const std::string& kind);

// Atomic. progress(done, total) returns false to cancel. NoSpace before anything is written.
Status copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to,
                        const std::function<bool(uint64_t, uint64_t)>& progress);

}  // namespace greylag
