// SPDX-License-Identifier: Apache-2.0
#include "core/base/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <vector>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/regular_file.h"

namespace greylag {

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  Context() {
    check(md != nullptr && EVP_DigestInit_ex(md, EVP_sha256(), nullptr) == 1, "SHA-256");
  }
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  check(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) == 1, "SHA-256 update");
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  check(EVP_DigestFinal_ex(context_->md, digest.data(), &length) == 1, "SHA-256 final");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

Result<std::string> sha256_file(const std::filesystem::path& path,
                                const std::function<bool(uint64_t, uint64_t)>& progress) {
  if (Status regular = check_regular_file(path); !regular) return regular.error();
  std::error_code error;
  const uint64_t total = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in) {
    return Error{ErrorCode::NotFound, "cannot open " + path_to_utf8(path.filename())};
  }
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  uint64_t done = 0;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto count = static_cast<size_t>(in.gcount());
    hash.update(std::as_bytes(std::span(buffer.data(), count)));
    done += count;
    if (progress && !progress(done, total)) return Error{ErrorCode::Cancelled, "cancelled"};
  }
  if (in.bad() || done != total) {
    return Error{ErrorCode::Internal,
                 "cannot read " + path_to_utf8(path.filename()) + " to its end"};
  }
  return hash.hex();
}

}  // namespace greylag
