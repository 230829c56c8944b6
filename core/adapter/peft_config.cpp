// SPDX-License-Identifier: Apache-2.0
// Fields and their meaning: huggingface/peft, src/peft/tuners/lora/config.py and miss/config.py;
// how a pattern meets a module: get_pattern_key in src/peft/utils/other.py.
#include "core/adapter/peft_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/adapter/adapter_shape.h"
#include "core/base/file.h"
#include "core/base/regular_file.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;  // of patterns the first counts

constexpr const char* kName = "adapter_config.json";
constexpr uint64_t kMostBytes = 1 << 20;
constexpr size_t kMostPatterns = 10'000;

Error refuse(std::string_view field, std::string_view rule) {
  return bad_file(fmt::format("{}: {}", field, rule));
}

// Null for a field that is absent or null.
const json* find(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

bool is_set(const json& object, const char* name) {
  const json* value = find(object, name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  return !value->empty();
}

Result<int64_t> rank_in(const json& value, std::string_view field) {
  if (value.is_number_integer() && value >= 1 && value <= kHighestRank) return value.get<int64_t>();
  return refuse(field, "it is not a whole number in 1..4096");
}

Result<double> alpha_in(const json& value, std::string_view field) {
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  return refuse(field, "it is not a number");
}

// A pattern may be any regular expression. Those are read that are names with dots, the way people
// write them, also with the dots escaped or anchored; no other one is run: it is a stranger's.
Result<std::string> module_name(std::string pattern, std::string_view field) {
  std::string name;
  for (const std::string_view start : {"^", ".*\\.", ".*"}) {
    if (pattern.starts_with(start)) pattern.erase(0, start.size());
  }
  if (pattern.ends_with('$')) pattern.pop_back();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size() && pattern[i + 1] == '.') continue;
    const char c = pattern[i];
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!is_plain) {
      return refuse(field, fmt::format("\"{}\" is a regular expression, which Greylag does not "
                                       "read; name the modules",
                                       printable(pattern)));
    }
    name += c;
  }
  return std::string(strip_name_prefix(name));
}

// module -> number
template <typename Number, typename Read>
Status read_pattern(const json& object, const char* field, Read read,
                    std::vector<std::pair<std::string, Number>>& into) {
  const json* patterns = find(object, field);
  if (patterns == nullptr) return {};
  if (!patterns->is_object() || patterns->size() > kMostPatterns) {
    return refuse(field, "it is not a list of modules and numbers");
  }
  for (const auto& [pattern, value] : patterns->items()) {
    Result<std::string> name = module_name(pattern, field);
    if (!name) return name.error();
    const Result<Number> number = read(value, field);
    if (!number) return number.error();
    into.emplace_back(std::move(*name), *number);
  }
  return {};
}

bool is_only_checkpoint(const fs::path& adapter) {
  const fs::path folder = adapter.has_parent_path() ? adapter.parent_path() : fs::path(".");
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const fs::path extension = it->path().extension();
    const bool is_checkpoint =
        extension == ".safetensors" || extension == ".pth" || extension == ".bin";
    if (is_checkpoint && it->path().filename() != adapter.filename()) return false;
  }
  return true;
}

Status read_targets(const json& object, PeftConfig& config) {
  const json* targets = find(object, "target_modules");
  if (targets == nullptr || !targets->is_array()) return {};  // a regular expression, all-linear
  for (const json& target : *targets) {
    if (!target.is_string()) return refuse("target_modules", "it is not a list of names");
    config.targets.emplace_back(strip_name_prefix(target.get_ref<const std::string&>()));
  }
  return {};
}

// What makes W + scale B A another thing.
Status check_lora_variant(const json& object) {
  struct Variant {
    const char *field, *name;
  };
  static constexpr Variant kVariants[] = {{"use_dora", "a DoRA"},
                                          {"use_qalora", "a QALoRA"},
                                          {"layer_replication", "layer replication"},
                                          {"alora_invocation_tokens", "an activated LoRA"}};
  for (const Variant& variant : kVariants) {
    if (!is_set(object, variant.field)) continue;
    return refuse(variant.field, fmt::format("this is {}, which Greylag does not apply; merge it "
                                             "with peft and load the merged model",
                                             variant.name));
  }
  const json* init = find(object, "init_lora_weights");
  if (init == nullptr || !init->is_string()) return {};
  const auto& start = init->get_ref<const std::string&>();
  for (const std::string_view changes_base : {"pissa", "olora", "corda", "loftq"}) {
    if (!start.starts_with(changes_base)) continue;
    return refuse("init_lora_weights",
                  fmt::format("\"{}\" changes the base model, so these matrices do not belong to "
                              "the original one; save the adapter with "
                              "path_initial_model_for_weight_conversion",
                              printable(start)));
  }
  return {};
}

Status read_lora(const json& object, PeftConfig& config) {
  if (Status known = check_lora_variant(object); !known) return known;
  config.alpha = static_cast<double>(config.rank);
  if (const json* alpha = find(object, "lora_alpha")) {
    const Result<double> value = alpha_in(*alpha, "lora_alpha");
    if (!value) return value.error();
    config.alpha = *value;
  }
  config.is_rank_stabilized = is_set(object, "use_rslora");
  if (Status read = read_pattern(object, "rank_pattern", rank_in, config.ranks); !read) return read;
  return read_pattern(object, "alpha_pattern", alpha_in, config.alphas);
}

Status read_miss(const json& object, PeftConfig& config) {
  config.kind = PeftConfig::Kind::Miss;
  const json* start = find(object, "init_weights");
  const std::string init = start != nullptr && start->is_string() ? start->get<std::string>() : "";
  if (init == "bat") {
    return refuse("init_weights",
                  "this is a Bat adapter, which Greylag does not apply; merge it with peft and "
                  "load the merged model");
  }
  if (init != "mini") return {};
  const json* columns = find(object, "mini_r");
  const Result<int64_t> mini = rank_in(columns == nullptr ? json() : *columns, "mini_r");
  if (!mini) return mini.error();
  config.mini_r = *mini;
  return {};
}

bool ends_in(std::string_view module, std::string_view name) {
  if (!module.ends_with(name)) return false;
  return module.size() == name.size() || module[module.size() - name.size() - 1] == '.';
}

template <typename Number>
Number in_pattern(const std::vector<std::pair<std::string, Number>>& patterns,
                  std::string_view module, Number otherwise) {
  for (const auto& [name, number] : patterns) {
    if (ends_in(module, name)) return number;
  }
  return otherwise;
}

}  // namespace

int64_t PeftConfig::rank_of(std::string_view module) const {
  return in_pattern(ranks, module, rank);
}

double PeftConfig::scale_of(std::string_view module) const {
  const auto r = static_cast<double>(rank_of(module));
  return in_pattern(alphas, module, alpha) / (is_rank_stabilized ? std::sqrt(r) : r);
}

bool PeftConfig::has_target(std::string_view module) const {
  return targets.empty() || std::ranges::any_of(targets, [&](const std::string& target) {
           return ends_in(module, target);
         });
}

Result<PeftConfig> parse_peft_config(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return bad_file("it is not a JSON object");
  const json* type = find(object, "peft_type");
  const std::string kind =
      type != nullptr && type->is_string() ? type->get<std::string>() : std::string();
  if (kind != "LORA" && kind != "MISS" && kind != "BONE") {
    return refuse("peft_type", fmt::format("\"{}\" is no kind of adapter that Greylag applies "
                                           "(LORA, MISS, BONE); merge it with peft and load the "
                                           "merged model",
                                           printable(kind)));
  }
  PeftConfig config;
  const json* r = find(object, "r");
  const Result<int64_t> rank = rank_in(r == nullptr ? json() : *r, "r");
  if (!rank) return rank.error();
  config.rank = *rank;
  if (Status read = read_targets(object, config); !read) return read.error();
  const Status read = kind == "LORA" ? read_lora(object, config) : read_miss(object, config);
  if (!read) return read.error();
  return config;
}

fs::path own_peft_config(const fs::path& adapter) {
  fs::path name = adapter.stem();
  name += ".";
  name += kName;
  return adapter.parent_path() / name;
}

std::optional<fs::path> find_peft_config(const fs::path& adapter) {
  std::error_code failed;
  if (fs::is_directory(adapter, failed)) {
    const fs::path within = adapter / kName;
    return fs::exists(within, failed) ? std::optional(within) : std::nullopt;
  }
  if (const fs::path own = own_peft_config(adapter); fs::exists(own, failed)) return own;
  const fs::path of_folder = adapter.parent_path() / kName;
  const bool is_for_it = fs::exists(of_folder, failed) &&
                         (adapter.stem() == "adapter_model" || is_only_checkpoint(adapter));
  return is_for_it ? std::optional(of_folder) : std::nullopt;
}

Result<std::optional<PeftConfig>> read_peft_config(const fs::path& adapter) {
  const std::optional<fs::path> path = find_peft_config(adapter);
  if (!path) return std::optional<PeftConfig>();
  const std::string name = path_to_utf8(path->filename());
  if (Status regular = check_regular_file(*path); !regular) return regular.error().in(name);
  const Result<std::string> text = read_text_file(*path, kMostBytes);
  if (!text) return text.error().in(name);
  Result<PeftConfig> config = parse_peft_config(*text);
  if (!config) return config.error().in(name);
  return std::optional(std::move(*config));
}

std::string format_peft_config(int64_t rank, double alpha) {
  const json config{{"peft_type", "LORA"}, {"r", rank}, {"lora_alpha", alpha}};
  return config.dump(1) + "\n";
}

}  // namespace greylag
