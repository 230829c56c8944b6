// SPDX-License-Identifier: Apache-2.0
// How does a user's file become ours? It is looked at, refused with the reason if Greylag cannot
// use it, then copied whole or not at all, under a name of its own and the ending of its kind. A
// model in several files becomes one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"

namespace greylag {

struct ImportTarget {
  std::string kind;              // "model" | "vocabulary" | "adapter"
  std::string name;              // what it is called where nothing has that name
  std::string id;                // of the imported file: the name, or with a number
  std::filesystem::path source;  // the file, or the index of a model in several
  std::filesystem::path path;
  uint64_t size_bytes = 0;
  // Small files that say what the matrices mean, and where they go: the config of the peft library,
  // the initial matrices of a PiSSA.
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> companions;

  // Where it would go under another name; companions with it.
  void rename(const std::string& new_id);
};

// Atomic. progress(done, total) returns false to cancel. NoSpace before anything is written.
Status copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to,
                        const std::function<bool(uint64_t, uint64_t)>& progress);

// Where would the file or folder go? Its name is one that nothing in HOME and is_reserved (a path)
// has. kind as in PathRequest, empty = by content. Errors of named_checkpoint; BadFile (why it
// cannot be used), Conflict (that vocabulary is there), InvalidArgument (kind, name).
Result<ImportTarget> plan_import(
    const Home& home, const std::filesystem::path& file, const std::string& kind,
    const std::function<bool(const std::filesystem::path&)>& is_reserved = {});

// As copy_file_atomic. The id of the imported file: that of one of the same name (but for the
// number) and the same bytes, if there is one; then nothing is written.
Result<std::string> run_import(const ImportTarget& target,
                               const std::function<bool(uint64_t, uint64_t)>& progress);

}  // namespace greylag
