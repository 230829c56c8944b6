// SPDX-License-Identifier: Apache-2.0
#include "tests/core/train/training_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/train/initial_model.h"

namespace greylag::train {

namespace fs = std::filesystem;

TrainingFolder::TrainingFolder(const std::string& name)
    : root_(fs::temp_directory_path() /
            ("greylag-train-" + std::to_string(platform::process_id()) + "-" + name)) {
  fs::remove_all(root_);
  fs::create_directories(root_);
  const auto written = write_initial_model(root_ / "model.safetensors",
                                           {.layers = 2, .width = 64, .vocab = 256, .seed = 5});
  EXPECT_TRUE(written.ok());
  std::ofstream text(root_ / "text.txt", std::ios::binary);
  for (int i = 0; i < 300; ++i) {
    text << "Goose number " << i << " flies over lake " << i * 7 % 31 << ".\n";
  }
}

TrainingFolder::~TrainingFolder() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

protocol::RunConfig TrainingFolder::config(const std::string& method) const {
  protocol::RunConfig config;
  config.model = path_to_utf8(root_ / "model.safetensors");
  config.data = path_to_utf8(root_ / "text.txt");
  config.method = method;
  config.steps = 20;
  config.lr = 2e-3;
  config.lr_final = 2e-4;
  config.warmup_steps = 2;
  config.batch = 2;
  config.context = 32;
  config.rank = 4;
  config.validate_every = 5;
  config.save_every = 8;
  config.threads = 2;
  return config;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in.good()) << file;
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

}  // namespace greylag::train
