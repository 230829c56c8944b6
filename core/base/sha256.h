// SPDX-License-Identifier: Apache-2.0
// Streaming SHA-256 (OpenSSL). Hex is lower case, 64 characters.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"

namespace greylag {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  // Ends the hash; call once.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Hash of a whole regular file, read in pieces. progress(bytes_done, bytes_total) returns false to
// cancel.
Result<std::string> sha256_file(const std::filesystem::path& path,
                                const std::function<bool(uint64_t, uint64_t)>& progress = {});

}  // namespace greylag
