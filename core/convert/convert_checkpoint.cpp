// SPDX-License-Identifier: Apache-2.0
// Plan, look at the disk, open the resumable file, let the format's writer ask for tensor after
// tensor. The job's text names all that the bytes of the result follow from.
#include "core/convert/convert_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

#include "core/base/file.h"
#include "core/base/input_file.h"
#include "core/base/platform.h"
#include "core/base/resumable_file.h"
#include "core/base/sha256.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/writer.h"
#include "core/convert/gguf_vocabulary.h"
#include "core/convert/tensor_encoder.h"
#include "core/model/config.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Raised whenever the same input may give other bytes than before, so that no file is half old.
constexpr int kEncoderVersion = 1;
constexpr size_t kIdentityBytes = 1 << 20;  // hashed at both ends of the source

std::string name_of(const fs::path& path) { return path_to_utf8(path.filename()); }

Status check_paths(const fs::path& in, const fs::path& out) {
  std::error_code ignored;
  if (fs::equivalent(in, out, ignored)) {
    return Error{ErrorCode::InvalidArgument,
                 name_of(out) + ": the output must not replace its own input; give another name"};
  }
  if (fs::equivalent(in, part_path(out), ignored)) {
    return Error{ErrorCode::InvalidArgument,
                 name_of(in) + ": this is where the output is written first; rename it"};
  }
  const fs::path folder = out.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored)) {
    return Error{ErrorCode::NotFound, "there is no folder " + path_to_utf8(folder)};
  }
  if (fs::is_directory(out, ignored)) {
    return Error{ErrorCode::InvalidArgument, name_of(out) + ": this is a folder"};
  }
  return {};
}

// Size, time and both ends of the source (a header or a zip directory lies there).
Result<std::string> identify_file(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error).time_since_epoch().count();
  const Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  const uint64_t size = file->size_bytes();
  std::vector<std::byte> end(static_cast<size_t>(std::min<uint64_t>(kIdentityBytes, size)));
  Sha256 hash;
  for (const uint64_t offset : {uint64_t{0}, size - end.size()}) {
    if (Status got = file->read(offset, end); !got) return got.error();
    hash.update(end);
  }
  return fmt::format("{} bytes, time {}, sha256 of both ends {}", size, time, hash.hex());
}

// Of every file of the model.
Result<std::string> identify_source(const fs::path& path) {
  const Result<CheckpointFiles> found = find_checkpoint_files(path);
  if (!found) return found.error();
  std::string identity;
  for (const fs::path& file : found->files) {
    const Result<std::string> one = identify_file(file);
    if (!one) return one.error();
    identity += (identity.empty() ? "" : "; ") + *one;
  }
  return identity;
}

Status check_unchanged(const fs::path& in, const std::string& identity) {
  const Result<std::string> now = identify_source(in);
  if (!now) return now.error().in(name_of(in));
  if (*now == identity) return {};
  return Error{ErrorCode::BadFile,
               name_of(in) + ": it changed while it was read; convert it again"};
}

// Of a .safetensors; the keys of a GGUF file describe that file, not the model.
std::map<std::string, std::string> metadata_of(const CheckpointReader& reader) {
  std::map<std::string, std::string> metadata;
  if (reader.format() == "safetensors") metadata = reader.metadata();
  metadata.emplace("format", "pt");  // loaders of PyTorch programs look for it
  return metadata;
}

// What stands in the file beside the tensors.
struct Extras {
  std::map<std::string, std::string> metadata;  // .safetensors
  std::string name;                             // .gguf
  GgufVocabulary vocabulary;                    // .gguf
};

std::string describe_job(const std::string& source, const ConversionPlan& plan, OutputFormat format,
                         const Extras& extras) {
  Sha256 hash;
  const auto add = [&hash](const std::string& line) {
    hash.update(std::as_bytes(std::span(line)));
  };
  for (const TensorInfo& info : plan.tensors) {
    add(fmt::format("{} {} {}\n", info.name, gpu::dtype_name(info.dtype), info.shape.text()));
  }
  for (const auto& [key, value] : extras.metadata) add(fmt::format("{}={}\n", key, value));
  add(extras.name + "\n");
  for (const std::string& token : extras.vocabulary.tokens) add(token + "\n");
  return fmt::format("encoder {}; to {}, plan {}; from {}", kEncoderVersion,
                     output_format_name(format), hash.hex(), source);
}

// At most: names, shapes and offsets of the tensors, and the vocabulary.
uint64_t header_bytes(const ConversionPlan& plan, const Extras& extras) {
  uint64_t bytes = (64u << 10) + 512 * plan.tensors.size();
  for (const std::string& token : extras.vocabulary.tokens) bytes += token.size() + 12;
  return bytes;
}

Status check_disk(const fs::path& out, uint64_t bytes, uint64_t kept_bytes) {
  const fs::path folder = out.has_parent_path() ? out.parent_path() : fs::path(".");
  const uint64_t missing = bytes > kept_bytes ? bytes - kept_bytes : 0;
  const uint64_t needed = missing + missing / 100;  // what the file system keeps about a file
  const uint64_t free = platform::disk_free_bytes(folder);
  if (free >= needed) return {};
  constexpr double kMegabyte = 1e6;
  return Error{ErrorCode::NoSpace,
               fmt::format("the disk has too little free space for {}: {:.1f} MB are needed, "
                           "{:.1f} MB are free",
                           name_of(out), static_cast<double>(needed) / kMegabyte,
                           static_cast<double>(free) / kMegabyte)};
}

// The source of a writer: encodes what it is asked for, and counts.
class Producer {
 public:
  Producer(CheckpointReader& reader, const ConversionPlan& plan, const ResumableFile& file,
           const ConversionOptions& options)
      : reader_(reader),
        file_(file),
        options_(options),
        pool_(options.threads),
        encoder_(reader, pool_),
        progress_{.done_bytes = file.kept_bytes(),
                  .total_bytes = plan.bytes,
                  .kept_bytes = file.kept_bytes()} {}

  Status produce(const TensorInfo& to, std::span<std::byte> out) {
    const TensorInfo& from = *reader_.find(to.name);
    const uint64_t before = file_.size_bytes();
    const Status encoded = encoder_.encode(
        from, to, out, [&](uint64_t done_bytes) { return report(before + done_bytes); });
    read_bytes_ += from.size_bytes;
    return encoded;
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
  uint64_t read_bytes() const { return read_bytes_; }

 private:
  bool report(uint64_t done_bytes) {
    if (!options_.progress) return true;
    // Never back: kept bytes of a .gguf may be gone over again. The total leaves out the header.
    progress_.done_bytes =
        std::min(std::max(done_bytes, progress_.done_bytes), progress_.total_bytes);
    progress_.seconds = seconds();
    return options_.progress(progress_);
  }

  CheckpointReader& reader_;
  const ResumableFile& file_;
  const ConversionOptions& options_;
  gpu::ThreadPool pool_;
  TensorEncoder encoder_;
  ConversionProgress progress_;
  Clock::time_point started_ = Clock::now();
  uint64_t read_bytes_ = 0;
};

Status write_format(ResumableFile& file, OutputFormat format, const ConversionPlan& plan,
                    const Extras& extras, const TensorSource& source) {
  switch (format) {
    case OutputFormat::Pth:
      return write_pth(file, plan.tensors, source);
    case OutputFormat::Safetensors:
      return write_safetensors(file, plan.tensors, extras.metadata, source);
    case OutputFormat::Gguf:
      return write_gguf(file, extras.name, plan.tensors, extras.vocabulary, source);
  }
  return {};
}

// What the earlier runs and this one left is worth keeping unless the source itself is refused.
Error stop(ResumableFile& file, const Error& error, const fs::path& out) {
  if (error.code != ErrorCode::Cancelled && error.code != ErrorCode::NoSpace &&
      error.code != ErrorCode::Internal) {
    file.discard();
    return error;
  }
  const uint64_t written = std::max(file.size_bytes(), file.kept_bytes());
  if (Status kept = file.keep(); !kept || written == 0) return error;
  return {error.code, fmt::format("{}; {} is not finished, and the same command goes on with it",
                                  error.message, name_of(out))};
}

void say_how_it_starts(const ConversionOptions& options, const ConversionPlan& plan,
                       const ResumableFile& file) {
  if (!options.note) return;
  if (file.start() == ResumableFile::Start::Continued) {
    options.note(fmt::format("going on with what an earlier run wrote ({:.1f} MB)",
                             static_cast<double>(file.kept_bytes()) / 1e6));
  }
  if (file.start() == ResumableFile::Start::OtherJob) {
    options.note(
        "an unfinished output of another source, type or version was there; it is "
        "discarded");
  }
  if (plan.quantised_twice > 0) {
    options.note(
        fmt::format("{} tensors of the source are quantised already; quantising them "
                    "again loses more than from the original",
                    plan.quantised_twice));
  }
}

}  // namespace

Result<Conversion> convert_checkpoint(const fs::path& in, const fs::path& out,
                                      const ConversionOptions& options) {
  const Result<OutputFormat> format = output_format_of(out);
  if (!format) return format.error();
  if (Status paths = check_paths(in, out); !paths) return paths.error();
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(in);
  if (!reader) return reader.error().in(name_of(in));
  const Result<Config> config = read_config(**reader);
  if (!config) return config.error().in(name_of(in));
  Result<ConversionPlan> plan = plan_conversion((*reader)->tensors(), options.type, *format);
  if (!plan) return plan.error();
  Extras extras;
  if (*format == OutputFormat::Safetensors) extras.metadata = metadata_of(**reader);
  if (*format == OutputFormat::Gguf) {
    extras.name = path_to_utf8(out.stem());
    Result<GgufVocabulary> vocabulary = gguf_vocabulary(
        **reader, config->vocab, in, options.vocabulary, options.tokenizers_dir, options.note);
    if (!vocabulary) return vocabulary.error();
    extras.vocabulary = std::move(*vocabulary);
  }
  const Result<std::string> identity = identify_source(in);
  if (!identity) return identity.error().in(name_of(in));

  Result<std::unique_ptr<ResumableFile>> file = ResumableFile::open(
      out, describe_job(*identity, *plan, *format, extras),
      {.is_restarting = options.is_restarting, .sync_every_bytes = options.sync_every_bytes});
  if (!file) return file.error();
  if (Status space =
          check_disk(out, plan->bytes + header_bytes(*plan, extras), (*file)->kept_bytes());
      !space) {
    return stop(**file, space.error(), out);
  }
  say_how_it_starts(options, *plan, **file);

  Producer producer(**reader, *plan, **file, options);
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> bytes) -> Status {
    const Status produced = producer.produce(info, bytes);
    return produced || produced.error().code != ErrorCode::BadFile
               ? produced
               : produced.error().in(name_of(in));
  };
  Status written = write_format(**file, *format, *plan, extras, source);
  const uint64_t bytes_out = (*file)->size_bytes();
  if (written) written = check_unchanged(in, *identity);
  if (written) written = (*file)->commit();
  if (!written) return stop(**file, written.error(), out);

  Conversion done;
  done.format = *format;
  done.tensors = static_cast<int64_t>(plan->tensors.size());
  done.bytes_in = checkpoint_size_bytes(in);
  done.bytes_out = bytes_out;
  done.kept_bytes = (*file)->kept_bytes();
  done.read_bytes = producer.read_bytes();
  done.seconds = producer.seconds();
  done.fallbacks = std::move(plan->fallbacks);
  return done;
}

}  // namespace greylag
