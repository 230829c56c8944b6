// SPDX-License-Identifier: Apache-2.0
// A training file in the temporary folder that is gone after the test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace greylag {

class DataFile {
 public:
  explicit DataFile(std::string_view bytes, const std::string& name = "rows.jsonl")
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("greylag_data_" +
                 std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))),
        path_(folder_ / name) {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~DataFile() { std::filesystem::remove_all(folder_); }
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path folder_, path_;
};

}  // namespace greylag
