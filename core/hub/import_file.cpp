// SPDX-License-Identifier: Apache-2.0
#include "core/hub/import_file.h"

#include <fstream>
#include <span>
#include <system_error>
#include <vector>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/regular_file.h"
#include "core/checkpoint/reader.h"
#include "core/hub/file_name.h"
#include "core/model/config.h"
#include "core/model/puzzle_config.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
constexpr size_t kPiece = 4 << 20;
constexpr uint64_t kSpareBytes = 64ull << 20;

Result<ImportTarget> plan_vocabulary(const Home& home, const fs::path& file) {
  const auto tokenizer = load_tokenizer(file);
  if (!tokenizer) return tokenizer.error();
  const bool is_world = (*tokenizer)->kind() == "world";
  const char* name = is_world ? "rwkv_vocab_v20230424.txt" : "20B_tokenizer.json";
  return ImportTarget{"vocabulary", name, home.tokenizers() / name, 0};
}

Result<ImportTarget> plan_checkpoint(const Home& home, const fs::path& file,
                                     const std::string& kind) {
  const auto reader = open_checkpoint(file);
  if (!reader) return reader.error();
  const std::string architecture = identify_architecture(**reader);
  const bool is_state = architecture == "state";
  if ((architecture == "adapter" || architecture == "hrm" || is_state) && kind != "model") {
    const fs::path folder = is_state ? home.states() : home.adapters();
    return ImportTarget{"adapter", path_to_utf8(file.stem()), folder / file.filename(), 0};
  }
  if (kind == "adapter") {
    return Error{ErrorCode::BadFile, "this file is no adapter, tuned state or reasoning core"};
  }
  if (architecture == "puzzle") {
    if (const auto config = read_puzzle_config(**reader); !config) return config.error();
  } else if (const auto config = read_config(**reader); !config) {
    return config.error();
  }
  return ImportTarget{"model", path_to_utf8(file.stem()), home.models() / file.filename(), 0};
}

}  // namespace

Result<ImportTarget> plan_import(const Home& home, const fs::path& file, const std::string& kind) {
  if (Status regular = check_regular_file(file); !regular) return regular.error();
  if (!kind.empty() && kind != "model" && kind != "vocabulary" && kind != "adapter") {
    return Error{ErrorCode::InvalidArgument, "kind must be model, vocabulary or adapter"};
  }
  const auto extension = file.extension();
  const bool is_text = extension == ".txt" || extension == ".json";
  auto target = kind == "vocabulary" || (kind.empty() && is_text)
                    ? plan_vocabulary(home, file)
                    : plan_checkpoint(home, file, kind);
  if (!target) return target.error().in(path_to_utf8(file.filename()));
  if (Status name = check_file_name(path_to_utf8(target->path.filename())); !name)
    return name.error();
  std::error_code failed;
  if (fs::exists(target->path, failed)) {
    return Error{ErrorCode::Conflict,
                 path_to_utf8(target->path.filename()) + " is installed already"};
  }
  target->size_bytes = fs::file_size(file, failed);
  return target;
}

Status copy_file_atomic(const fs::path& from, const fs::path& to,
                        const std::function<bool(uint64_t, uint64_t)>& progress) {
  if (Status regular = check_regular_file(from); !regular) return regular.error();
  std::error_code failed;
  const uint64_t total = fs::file_size(from, failed);
  std::ifstream in(from, std::ios::binary);
  if (failed || !in)
    return Error{ErrorCode::NotFound, "cannot read " + path_to_utf8(from.filename())};
  if (platform::disk_free_bytes(to.parent_path()) < total + kSpareBytes) {
    return Error{ErrorCode::NoSpace, "the disk has too little free space for this file"};
  }
  auto out = AtomicFile::create(to);
  if (!out) return out.error();
  std::vector<std::byte> piece(kPiece);
  while (in) {
    in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<size_t>(in.gcount());
    if (Status written = out->write(std::span<const std::byte>(piece).first(count)); !written) {
      return written;
    }
    if (!progress(out->size_bytes(), total)) return Error{ErrorCode::Cancelled, "cancelled"};
  }
  if (!in.eof())
    return Error{ErrorCode::Internal, "reading " + path_to_utf8(from.filename()) + " failed"};
  return out->commit();
}

}  // namespace greylag
