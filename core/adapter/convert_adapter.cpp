// SPDX-License-Identifier: Apache-2.0
#include "core/adapter/convert_adapter.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <system_error>

#include "core/adapter/describe_adapter.h"
#include "core/base/file.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/writer.h"
#include "core/model/config.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

Status check_paths(const fs::path& in, const fs::path& out) {
  if (out.extension() != ".pth" && out.extension() != ".safetensors") {
    return Error{ErrorCode::InvalidArgument, "an adapter becomes a .pth or a .safetensors"};
  }
  std::error_code failed;
  if (!fs::equivalent(in, out, failed)) return {};
  return Error{ErrorCode::InvalidArgument, "the new file must not replace the old one"};
}

// What the file says about itself in the metadata of a .safetensors.
std::map<std::string, std::string> metadata_of(const AdapterHeader& header) {
  std::map<std::string, std::string> metadata{{"base_sha256", header.base_sha256},
                                              {"method", adapter_method_name(header.method)}};
  if (header.method == AdapterMethod::State) return metadata;
  metadata["rank"] = std::to_string(header.rank);
  metadata["alpha"] = fmt::format("{}", header.alpha);
  return metadata;
}

// A state may hold the shift states of a sequence, which no adapter has.
Result<AdapterSummary> describe(const CheckpointReader& reader, const fs::path& path,
                                const AdapterOptions& options) {
  if (identify_architecture(reader) != "state") {
    return describe_open_adapter(reader, path, options);
  }
  AdapterSummary state;
  state.method = AdapterMethod::State;
  const auto base = reader.metadata().find("base_sha256");
  if (base != reader.metadata().end()) state.base_sha256 = base->second;
  return state;
}

}  // namespace

Result<AdapterConversion> convert_adapter(const fs::path& in, const fs::path& out,
                                          const AdapterOptions& options) {
  if (Status paths = check_paths(in, out); !paths) return paths.error();
  const bool is_pth = out.extension() == ".pth";
  const std::string name = path_to_utf8(in.filename());
  const auto reader = open_checkpoint(in);
  if (!reader) return reader.error().in(name);
  const Result<AdapterSummary> summary = describe(**reader, in, options);
  if (!summary) return summary.error().in(name);
  if (summary->method == AdapterMethod::Pissa || (summary->peft && !summary->peft->is_uniform())) {
    return bad_file(name + ": its meaning does not fit one file; merge it with its model");
  }
  AdapterConversion done;
  done.header = *summary;
  done.tensors = static_cast<int64_t>((*reader)->tensors().size());
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> bytes) {
    return (*reader)->read(info, bytes);
  };
  if (is_pth && summary->method == AdapterMethod::Lora) {
    done.config = own_peft_config(out);
    const std::string config = format_peft_config(summary->rank, summary->alpha);
    std::error_code failed;
    if (fs::exists(done.config, failed) && !fs::exists(out, failed)) {
      return Error{ErrorCode::Conflict, path_to_utf8(done.config.filename()) + " exists already"};
    }
    if (Status written = write_file_atomic(done.config, config); !written) return written.error();
  }
  const Status written =
      is_pth ? write_pth(out, (*reader)->tensors(), source)
             : write_safetensors(out, (*reader)->tensors(), metadata_of(*summary), source);
  std::error_code failed;
  if (!written) {
    if (!done.config.empty()) fs::remove(done.config, failed);
    return written.error();
  }
  done.size_bytes = fs::file_size(out, failed);
  return done;
}

}  // namespace greylag
