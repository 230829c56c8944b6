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
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;

// Matrices of several ranks are padded to the highest: at most to so much of what the file holds.
constexpr int64_t kMostPadding = 16;

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

// The matrix that an A or D is of: "blocks.3.att.key".
std::string module_of(const AdapterTensor& tensor) {
  return target_key(tensor.layer, tensor.target);
}

// What the names show: counts, the highest rank, and Lora, Miss or State.
Status read_names(const CheckpointReader& reader, AdapterSummary& summary) {
  int64_t loras = 0, dishas = 0;
  const TensorInfo* matrix = nullptr;  // whose first size is the rank
  const auto first_size = [](const TensorInfo& info) {
    return info.shape.rank() == 2 ? info.shape[0] : 0;
  };
  for (const TensorInfo& info : reader.tensors()) {
    const AdapterTensor tensor = parse_adapter_tensor(info.name);
    summary.layers = std::max(summary.layers, tensor.layer + 1);
    switch (tensor.part) {
      case AdapterPart::LoraA:
        ++loras;
        if (matrix == nullptr || first_size(info) > first_size(*matrix)) matrix = &info;
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
  summary.rank = first_size(*matrix);
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

// The config beside the file, where the file itself does not say its scale. It must be this
// adapter's: of its kind, its ranks and its modules.
Status read_config_beside(const CheckpointReader& reader, const fs::path& path,
                          AdapterSummary& summary) {
  if (summary.method == AdapterMethod::State || summary.method == AdapterMethod::Pissa) return {};
  if (!metadata_value(reader, "alpha").empty()) return {};
  Result<std::optional<PeftConfig>> found = read_peft_config(path);
  if (!found) return found.error();
  if (!*found) return {};
  const PeftConfig& config = **found;
  const std::string name = path_to_utf8(find_peft_config(path).value_or(fs::path()).filename());
  const bool is_lora = summary.method == AdapterMethod::Lora;
  if (is_lora != (config.kind == PeftConfig::Kind::Lora)) {
    return bad_file(
        fmt::format("{}: peft_type is not what the tensors show, {}; is it another "
                    "adapter's?",
                    name, adapter_method_name(summary.method)));
  }
  int64_t rank_sum = 0;
  for (const TensorInfo& info : reader.tensors()) {
    const AdapterTensor tensor = parse_adapter_tensor(info.name);
    if (tensor.part != AdapterPart::LoraA && tensor.part != AdapterPart::Disha) continue;
    const std::string module = module_of(tensor);
    if (!config.has_target(module)) {
      return bad_file(
          fmt::format("{}: target_modules does not name {}, which the file adapts; is "
                      "it another adapter's?",
                      name, module));
    }
    const int64_t rank = config.rank_of(module);
    if (info.shape.rank() == 2 && info.shape[0] != rank) {
      return bad_file(
          fmt::format("{}: by it {} has rank {}, by its tensor {}; is it another "
                      "adapter's?",
                      name, module, rank, info.shape[0]));
    }
    rank_sum += rank;
  }
  if (summary.rank * summary.matrices > kMostPadding * rank_sum) {
    return bad_file(name + ": rank_pattern: the ranks lie too far apart");
  }
  summary.peft = std::move(*found);
  return {};
}

// The alpha of all matrices; where they differ each has its scale in its B (fold_scales).
double peft_alpha(const PeftConfig& config, int64_t rank) {
  if (config.is_uniform()) return config.scale_of({}) * static_cast<double>(rank);
  return static_cast<double>(rank);
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
  summary.is_alpha_assumed = alpha_text.empty() && !summary.peft && !options.alpha;
  if (!alpha_text.empty()) {
    summary.alpha = alpha;
  } else if (summary.peft) {
    summary.alpha = peft_alpha(*summary.peft, summary.rank);
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

Result<AdapterSummary> describe_open_adapter(const CheckpointReader& reader, const fs::path& given,
                                             const AdapterOptions& options) {
  const Result<fs::path> file = main_checkpoint_file(given);
  const fs::path& path = file ? *file : given;  // what lies beside it counts
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
  if (Status status = read_config_beside(reader, path, summary); !status) return status.error();
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
