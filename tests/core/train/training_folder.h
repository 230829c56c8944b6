// SPDX-License-Identifier: Apache-2.0
// A temporary folder with a tiny model and a text, and runs on them.
#pragma once

#include <filesystem>
#include <string>

#include "core/protocol/training.h"

namespace greylag::train {

class TrainingFolder {
 public:
  explicit TrainingFolder(const std::string& name);
  ~TrainingFolder();

  // 2 layers, width 64, byte vocabulary; short windows, so that a step takes milliseconds.
  protocol::RunConfig config(const std::string& method) const;
  std::filesystem::path path(const std::string& name) const { return root_ / name; }

 private:
  std::filesystem::path root_;
};

// Whole file; fails the test when it cannot be read.
std::string bytes_of(const std::filesystem::path& file);

}  // namespace greylag::train
