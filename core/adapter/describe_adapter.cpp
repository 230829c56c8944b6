// SPDX-License-Identifier: Apache-2.0
// Which method is it, and at which scale? Decided by tensor names; metadata may only agree. What
// the file leaves open is filled from the options, then by assumption.
#include "core/adapter/describe_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/adapter/adapter_shape.h"
#include "core/adapter/adapter_tensor.h"
#include "core/adapter/pissa_init.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;

std::string metadata_value(const CheckpointReader& reader, const std::string& key) {
  const auto found = reader.metadata().find(key);
  return found == reader.metadata().end() ? std::string() : found->second;
}

// Numbers in the metadata are decimal text.
template <typename Number>
bool parse_number(const std::string& text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size();
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// What the names show: counts, rank, and Lora, Miss or State.
Status read_names(const CheckpointReader& reader, AdapterSummary& summary) {
  int64_t loras = 0, dishas = 0;
  const TensorInfo* matrix = nullptr;  // whose first size is the rank
  for (const TensorInfo& info : reader.tensors()) {
    const AdapterTensor tensor = parse_adapter_tensor(info.name);
    summary.layers = std::max(summary.layers, tensor.layer + 1);
    switch (tensor.part) {
      case AdapterPart::LoraA:
        ++loras;
        matrix = &info;
        break;
      case AdapterPart::Disha:
        ++dishas;
        matrix = &info;
        break;
      case AdapterPart::Norm:
        ++summary.norms;
        break;
      case AdapterPart::TimeState:
        summary.has_state = true;
        break;
      case AdapterPart::LoraB:
        break;
      case AdapterPart::InitA:
      case AdapterPart::InitB:
        return bad_file(
            "this holds the initial matrices of a PiSSA, not an adapter; give the trained file");
      case AdapterPart::Unknown:
        return unknown_adapter_tensor(info.name, nullptr);
    }
    if (tensor.part == AdapterPart::Disha && info.shape.rank() == 3) {
      return bad_file(printable(info.name) +
                      ": this is a Bat adapter (disha with three dimensions), which Greylag does "
                      "not apply; merge it with RWKV-PEFT and load the merged model");
    }
  }
  if (loras > 0 && dishas > 0) return bad_file("it holds matrices of both LoRA and MiSS");
  summary.matrices = loras + dishas;
  summary.method = loras > 0    ? AdapterMethod::Lora
                   : dishas > 0 ? AdapterMethod::Miss
                                : AdapterMethod::State;
  if (matrix == nullptr) {
    return summary.has_state ? Status() : bad_file("it holds no complete pair of matrices");
  }
  if (matrix->shape.rank() == 2) summary.rank = matrix->shape[0];
  if (summary.rank < 1 || summary.rank > kHighestRank) {
    return bad_file(printable(matrix->name) + ": the rank is not in 1..4096");
  }
  return {};
}

// Lora becomes Pissa when there is an init file.
Status find_init(const fs::path& path, const std::string& method, const AdapterOptions& options,
                 AdapterSummary& summary) {
  const bool may_be_pissa = summary.method == AdapterMethod::Lora && method != "lora";
  if (options.pissa_init) {
    if (!may_be_pissa) {
      return Error{ErrorCode::InvalidArgument,
                   fmt::format("an init file belongs to a PiSSA; this adapter is {}",
                               adapter_method_name(summary.method))};
    }
    summary.pissa_init = *options.pissa_init;
  } else if (may_be_pissa) {
    Result<std::optional<fs::path>> found = find_pissa_init(path);
    if (!found) return found.error();
    if (*found) summary.pissa_init = **found;
  }
  if (!summary.pissa_init.empty()) summary.method = AdapterMethod::Pissa;
  return {};
}

Status check_method(const std::string& method, const AdapterSummary& summary) {
  if (method.empty() || method == adapter_method_name(summary.method)) return {};
  if (method == "pissa" && summary.method == AdapterMethod::Lora) {
    return bad_file(
        "this is a PiSSA adapter; the file init_pissa.pth that its trainer wrote must lie beside "
        "it");
  }
  return bad_file(
      "metadata method: it is not lora, pissa, miss or state, or not what the tensors show");
}

Status read_scale(const CheckpointReader& reader, const AdapterOptions& options,
                  AdapterSummary& summary) {
  const std::string rank_text = metadata_value(reader, "rank");
  int64_t rank = 0;
  if (!rank_text.empty() && (!parse_number(rank_text, rank) || rank != summary.rank)) {
    return bad_file("metadata rank: it is not the rank of the tensors");
  }
  summary.alpha = static_cast<double>(summary.rank);
  const std::string alpha_text = metadata_value(reader, "alpha");
  double alpha = 0;
  if (!alpha_text.empty() && (!parse_number(alpha_text, alpha) || !std::isfinite(alpha))) {
    return bad_file("metadata alpha: it is not a number");
  }
  if (options.alpha && !std::isfinite(*options.alpha)) {
    return Error{ErrorCode::InvalidArgument, "the adapter's alpha must be a finite number"};
  }
  if (summary.method != AdapterMethod::Lora) return {};
  summary.is_alpha_assumed = alpha_text.empty() && !options.alpha;
  if (!alpha_text.empty()) {
    summary.alpha = alpha;
  } else if (options.alpha) {
    summary.alpha = *options.alpha;
  }
  return {};
}

}  // namespace

const char* adapter_method_name(AdapterMethod method) {
  switch (method) {
    case AdapterMethod::Lora:
      return "lora";
    case AdapterMethod::Pissa:
      return "pissa";
    case AdapterMethod::Miss:
      return "miss";
    case AdapterMethod::State:
      return "state";
  }
  return "";
}

Result<AdapterSummary> describe_open_adapter(const CheckpointReader& reader, const fs::path& path,
                                             const AdapterOptions& options) {
  const std::string kind = identify_architecture(reader);
  if (kind != "adapter" && kind != "state") {
    return bad_file(fmt::format("this is not an adapter (it looks like: {})", kind));
  }
  AdapterSummary summary;
  if (Status status = read_names(reader, summary); !status) return status.error();
  if (is_pissa_init(path)) {
    return bad_file(
        "this holds the initial matrices of a PiSSA, not an adapter; give the trained file");
  }
  const std::string method = metadata_value(reader, "method");
  if (Status status = find_init(path, method, options, summary); !status) return status.error();
  if (Status status = check_method(method, summary); !status) return status.error();
  summary.base_sha256 = metadata_value(reader, "base_sha256");
  if (!summary.base_sha256.empty() && !is_sha256(summary.base_sha256)) {
    return bad_file("metadata base_sha256: it is not 64 hexadecimal digits");
  }
  if (summary.method != AdapterMethod::State) {
    if (Status status = read_scale(reader, options, summary); !status) return status.error();
  }
  return summary;
}

Result<AdapterSummary> describe_adapter(const fs::path& path, const AdapterOptions& options) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return reader.error();
  return describe_open_adapter(**reader, path, options);
}

void log_assumptions(const AdapterHeader& adapter, const fs::path& path) {
  const std::string file = path_to_utf8(path.filename());
  if (adapter.is_alpha_assumed) {
    log_info("adapter", fmt::format("the file does not say its alpha; its rank is taken, which is "
                                    "scale 1 (--adapter-alpha sets it) file={} alpha={}",
                                    file, adapter.alpha));
  }
  if (!adapter.pissa_init.empty()) {
    log_info("adapter", fmt::format("read as PiSSA because of its init file file={} init={}", file,
                                    path_to_utf8(adapter.pissa_init.filename())));
  }
}

}  // namespace greylag
