// SPDX-License-Identifier: Apache-2.0
#include "core/hub/import_file.h"

#include <algorithm>
#include <fstream>
#include <span>
#include <system_error>

#include "core/adapter/adapter_file.h"
#include "core/adapter/peft_config.h"
#include "core/adapter/pissa_init.h"
#include "core/base/file.h"
#include "core/base/input_file.h"
#include "core/base/platform.h"
#include "core/base/regular_file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/writer.h"
#include "core/hub/file_kind.h"
#include "core/hub/file_name.h"
#include "core/model/config.h"
#include "core/model/puzzle_config.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using Progress = std::function<bool(uint64_t, uint64_t)>;

constexpr uint64_t kPiece = 4 << 20;
constexpr uint64_t kSpareBytes = 64ull << 20;

Error cancelled() { return {ErrorCode::Cancelled, "cancelled"}; }

Result<ImportTarget> plan_vocabulary(const Home& home, const fs::path& file) {
  const auto tokenizer = load_tokenizer(file);
  if (!tokenizer) return tokenizer.error();
  const bool is_world = (*tokenizer)->kind() == "world";
  const char* name = is_world ? "rwkv_vocab_v20230424.txt" : "20B_tokenizer.json";
  std::error_code failed;
  if (fs::exists(home.tokenizers() / name, failed)) {
    return Error{ErrorCode::Conflict, std::string(name) + " is installed already"};
  }
  return ImportTarget{"vocabulary", name, name, file, home.tokenizers() / name, 0, {}};
}

// Can it be applied? The config of the peft library and the init file of a PiSSA, each under the
// adapter's name.
Status plan_companions(ImportTarget& target) {
  if (const auto summary = describe_adapter(target.source); !summary) return summary.error();
  if (const auto config = find_peft_config(target.source)) {
    target.companions.emplace_back(*config, fs::path());
  }
  const auto init = find_pissa_init(target.source);
  if (!init) return init.error();
  if (*init) target.companions.emplace_back(**init, fs::path());
  return {};
}

// given: what the user named; file: what it stands for.
Result<ImportTarget> plan_checkpoint(const Home& home, const fs::path& given, const fs::path& file,
                                     const std::string& kind) {
  const auto reader = open_checkpoint(file);
  if (!reader) return reader.error();
  const std::string architecture = identify_architecture(**reader);
  const bool is_state = architecture == "state";
  const bool is_extra = architecture == "adapter" || architecture == "hrm" || is_state;
  ImportTarget target{"model", import_name(given), {}, file, {}, 0, {}};
  fs::path folder = home.models();
  if (is_extra && kind != "model") {
    target.kind = "adapter";
    folder = is_state ? home.states() : home.adapters();
    if (architecture == "adapter") {
      if (Status planned = plan_companions(target); !planned) return planned.error();
    }
  } else if (kind == "adapter") {
    return Error{ErrorCode::BadFile, "this file is no adapter, tuned state or reasoning core"};
  } else if (architecture == "puzzle") {
    if (const auto config = read_puzzle_config(**reader); !config) return config.error();
  } else if (const auto config = read_config(**reader); !config) {
    return config.error();
  }
  target.path = folder / ending_of_format((*reader)->format());
  target.rename(target.name);
  return target;
}

// By id: whatever the ending, two files of one name would be taken for each other.
bool is_taken(const fs::path& target, const std::function<bool(const fs::path&)>& is_reserved) {
  if (is_reserved && is_reserved(target)) return true;
  const std::string id = checkpoint_id(target);
  std::error_code failed;
  for (fs::directory_iterator it(target.parent_path(), failed), end; !failed && it != end;
       it.increment(failed)) {
    if (checkpoint_id(it->path()) == id) return true;
  }
  return false;
}

// "name", "name-2", ...: what free_name gives.
bool is_name_of(const std::string& id, const std::string& name) {
  if (!id.starts_with(name)) return false;
  const std::string_view rest = std::string_view(id).substr(name.size());
  return rest.empty() || (rest.size() > 1 && rest[0] == '-' &&
                          rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

Result<bool> is_same_file(const fs::path& a, const fs::path& b, const Progress& progress) {
  const Result<InputFile> one = InputFile::open(a), other = InputFile::open(b);
  if (!one) return one.error();
  if (!other) return other.error();
  const uint64_t total = one->size_bytes();
  if (total != other->size_bytes()) return false;
  std::vector<std::byte> left, right;
  for (uint64_t done = 0; done < total; done += left.size()) {
    left.resize(static_cast<size_t>(std::min(kPiece, total - done)));
    right.resize(left.size());
    if (Status read = one->read(done, left); !read) return read.error();
    if (Status read = other->read(done, right); !read) return read.error();
    if (left != right) return false;
    if (!progress(0, total)) return cancelled();
  }
  return true;
}

Status check_room(const fs::path& folder, uint64_t bytes) {
  if (platform::disk_free_bytes(folder) >= bytes + kSpareBytes) return {};
  return Error{ErrorCode::NoSpace, "the disk has too little free space for this file"};
}

// A model in several files, tensor by tensor.
Status join_files(const ImportTarget& target, const Progress& progress) {
  const auto reader = open_checkpoint(target.source);
  if (!reader) return reader.error();
  if (Status room = check_room(target.path.parent_path(), target.size_bytes); !room) return room;
  uint64_t done = 0;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    if (Status read = (*reader)->read(info, out); !read) return read;
    done += out.size();
    return progress(std::min(done, target.size_bytes), target.size_bytes) ? Status() : cancelled();
  };
  if ((*reader)->format() == "pth") return write_pth(target.path, (*reader)->tensors(), source);
  return write_safetensors(target.path, (*reader)->tensors(), (*reader)->metadata(), source);
}

}  // namespace

Status copy_file_atomic(const fs::path& from, const fs::path& to,
                        const std::function<bool(uint64_t, uint64_t)>& progress) {
  const Result<InputFile> in = InputFile::open(from);
  if (!in) return in.error();
  if (Status room = check_room(to.parent_path(), in->size_bytes()); !room) return room;
  auto out = AtomicFile::create(to);
  if (!out) return out.error();
  std::vector<std::byte> piece;
  for (uint64_t done = 0; done < in->size_bytes(); done += piece.size()) {
    piece.resize(static_cast<size_t>(std::min(kPiece, in->size_bytes() - done)));
    if (Status read = in->read(done, piece); !read) return read;
    if (Status written = out->write(piece); !written) return written;
    if (!progress(out->size_bytes(), in->size_bytes())) return cancelled();
  }
  return out->commit();
}

void ImportTarget::rename(const std::string& new_id) {
  const fs::path old_name = path.filename();
  const std::string ending =
      id.empty() ? path_to_utf8(old_name) : path_to_utf8(old_name).substr(id.size());
  id = new_id;
  path = path.parent_path() / path_from_utf8(id + ending);
  for (auto& [from, to] : companions) {
    to = is_pissa_init(from) ? path.parent_path() / path_from_utf8(id + ".init_pissa" + ending)
                             : own_peft_config(path);
  }
}

Result<ImportTarget> plan_import(const Home& home, const fs::path& file, const std::string& kind,
                                 const std::function<bool(const fs::path&)>& is_reserved) {
  const auto main_file = kind == "vocabulary" ? Result<fs::path>(file) : named_checkpoint(file);
  if (!main_file) return main_file.error();
  if (Status regular = check_regular_file(*main_file); !regular) return regular.error();
  if (!kind.empty() && kind != "model" && kind != "vocabulary" && kind != "adapter") {
    return Error{ErrorCode::InvalidArgument, "kind must be model, vocabulary or adapter"};
  }
  const auto extension = file.extension();
  const bool is_index = path_to_utf8(file.filename()).ends_with(".index.json");
  const bool is_text = (extension == ".txt" || extension == ".json") && !is_index;
  auto target = kind == "vocabulary" || (kind.empty() && is_text)
                    ? plan_vocabulary(home, file)
                    : plan_checkpoint(home, file, *main_file, kind);
  if (!target) return target.error().in(path_to_utf8(folder_path(file).filename()));
  if (Status name = check_file_name(path_to_utf8(target->path.filename())); !name) {
    return name.error();
  }
  if (target->kind != "vocabulary") {
    target->rename(free_name(target->name, [&](const std::string& id) {
      ImportTarget renamed = *target;
      renamed.rename(id);
      return is_taken(renamed.path, is_reserved);
    }));
  }
  target->size_bytes = checkpoint_size_bytes(target->source);
  return target;
}

Result<std::string> run_import(const ImportTarget& target, const Progress& progress) {
  const auto files = find_checkpoint_files(target.source);
  if (!files) return files.error();
  const bool is_one = files->tensors.empty();
  const fs::path folder = target.path.parent_path();
  std::error_code failed;
  if (is_one && target.companions.empty()) {
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
      std::error_code unreadable;
      if (!it->is_regular_file(unreadable)) continue;
      if (!is_name_of(checkpoint_id(it->path()), target.name)) continue;
      if (fs::file_size(it->path(), unreadable) != target.size_bytes || unreadable) continue;
      const auto same = is_same_file(files->files.front(), it->path(), progress);
      if (!same) return same.error();
      if (*same) return checkpoint_id(it->path());
    }
  }
  // What says what the matrices mean comes before them, so that they are never seen without it.
  for (const auto& [from, to] : target.companions) {
    const Status copied = copy_file_atomic(from, to, [](uint64_t, uint64_t) { return true; });
    if (!copied) return copied.error();
  }
  const Status copied = is_one ? copy_file_atomic(files->files.front(), target.path, progress)
                               : join_files(target, progress);
  if (copied) return target.id;
  for (const auto& [from, to] : target.companions) fs::remove(to, failed);
  return copied.error();
}

}  // namespace greylag
