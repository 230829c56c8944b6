// SPDX-License-Identifier: Apache-2.0
#include "core/train/run_state.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/base/sha256.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/runs/run_config.h"
#include "core/train/hrm_file.h"
#include "core/train/hrm_method.h"
#include "core/train/method.h"

namespace greylag::train {

namespace fs = std::filesystem;

namespace {

// Fields of a checkpoint's manifest.
constexpr const char* kConfig = "config";  // config.yaml as it was
constexpr const char* kSamples = "samples_sha256";

// A hash of config.yaml: filled when empty, else it must agree.
Status settle_hash(std::string& stored, const std::string& found, const char* what) {
  if (stored.empty()) stored = found;
  if (stored == found) return {};
  return Error{ErrorCode::Conflict,
               fmt::format("the {} file changed since this run started (SHA-256 {}..., now {}...); "
                           "put the old one back or start a new run",
                           what, stored.substr(0, 12), found.substr(0, 12))};
}

std::string hash_of(const std::vector<Sample>& train, const std::vector<Sample>& validation) {
  Sha256 hash;
  const auto add = [&hash](const auto& values) { hash.update(std::as_bytes(std::span(values))); };
  for (const std::vector<Sample>* part : {&train, &validation}) {
    add(std::array{static_cast<uint64_t>(part->size())});
    for (const Sample& sample : *part) {
      add(std::array{static_cast<uint64_t>(sample.tokens.size())});
      add(sample.tokens);
      add(sample.learned);
    }
  }
  return hash.hex();
}

Result<Dataset> load_data(const protocol::RunConfig& config, const Config& model,
                          const fs::path& tokenizers) {
  std::optional<fs::path> vocabulary;
  if (!config.vocabulary.empty()) vocabulary = path_from_utf8(config.vocabulary);
  const auto tokenizer =
      choose_tokenizer(model.vocab, path_from_utf8(config.model), vocabulary, tokenizers);
  if (!tokenizer) return tokenizer.error();
  DatasetOptions options;
  options.context = config.context;
  options.validation_share = config.validation_share;
  options.seed = static_cast<uint64_t>(config.seed);
  options.is_skipping_bad_rows = config.skip_bad_rows;
  return load_dataset(path_from_utf8(config.data), **tokenizer, options);
}

// What of the file is not learned as it stands goes to stderr and into the journal.
Status tell_of_data(const Dataset& data, RunFolder& folder) {
  std::map<std::string, std::string> event{
      {"rows", std::to_string(data.rows)},
      {"usable_rows", std::to_string(data.usable_rows)},
      {"train_windows", std::to_string(data.train.size())},
      {"validation_windows", std::to_string(data.validation.size())}};
  for (const ProblemCount& count : data.problems) {
    event[std::string(row_problem_name(count.problem)) + "_rows"] = std::to_string(count.rows);
  }
  std::string notices;
  for (const std::string& sentence : describe_problems(data.problems, data.rows)) {
    log_warn("train", "data: " + sentence);
    notices += (notices.empty() ? "" : "; ") + sentence;
  }
  if (!notices.empty()) event["notices"] = notices;
  return folder.journal("data", event);
}

// Blocks are recomputed in the backward pass when keeping all activations would take more than
// half of the free memory. The numbers are the same either way.
void choose_recompute(Rwkv7Autograd& model, HrmAutograd* core, const protocol::RunConfig& config) {
  const auto tokens = static_cast<uint64_t>(config.batch * config.context);
  uint64_t per_token = Rwkv7Autograd::activation_bytes_per_token(model.config());
  if (core != nullptr) {
    // A frozen base keeps nothing below the tap; above it each cycle's answer goes through.
    const auto layers = static_cast<uint64_t>(model.config().layers);
    const auto above = layers - static_cast<uint64_t>(core->config().tap);
    const auto below = config.hrm_backbone == "frozen" ? 0 : layers - above;
    const auto cycles = static_cast<uint64_t>(core->config().recursion.h_cycles);
    per_token = per_token / layers * (below + above * cycles) +
                HrmAutograd::activation_bytes_per_token(core->config());
  }
  const uint64_t wanted = tokens * per_token;
  const bool is_recomputing = wanted > platform::memory_available_bytes() / 2;
  model.set_recompute(is_recomputing);
  if (core != nullptr) core->set_recompute(is_recomputing);
  log_info("train", fmt::format("activations mib={} recompute={}", wanted >> 20, is_recomputing));
}

uint64_t expected_bytes(const RunState& state, const protocol::RunConfig& config) {
  uint64_t trained = 0;
  for (const TrainedTensor& tensor : state.optimizer.tensors()) {
    trained += static_cast<uint64_t>(tensor.value.numel());
  }
  const bool has_model =
      config.method == "full" || (config.method == "hrm" && config.hrm_backbone == "full");
  const uint64_t result = has_model ? state.base.file_bytes + trained * 4 : trained * 4;
  return result + trained * 12;
}

// Loads the reasoning core of method hrm and settles the hash of its file.
Result<std::optional<HrmAutograd>> load_run_core(const Config& base, protocol::RunConfig& config) {
  std::optional<HrmAutograd> none;
  if (config.method != "hrm") return none;
  if (!config.hrm_core.empty()) {
    const auto hash = sha256_file(path_from_utf8(config.hrm_core));
    if (!hash) return hash.error();
    if (auto same = settle_hash(config.hrm_core_sha256, *hash, "core"); !same) return same.error();
  }
  auto core = open_core(base, config);
  if (!core) return core.error();
  return std::optional<HrmAutograd>(std::move(*core));
}

// The files that a method's result consists of.
Status save_result(const RunState& state, const protocol::RunConfig& config, const fs::path& to) {
  const Rwkv7Autograd& model = state.base.model;
  std::string method = config.method;
  if (state.core) {
    if (auto written = save_core(to / "core.safetensors", *state.core); !written) return written;
    if (config.hrm_backbone == "frozen") return {};
    method = config.hrm_backbone;
  }
  if (method == "full") return save_model(to / "model.safetensors", model, state.base.infos);
  const char* name = method == "state" ? "state.safetensors" : "adapter.safetensors";
  return save_adapter(to / name, model.config(), extract_adapter(model, config));
}

Result<int64_t> number(const std::map<std::string, std::string>& fields, const char* key) {
  const auto it = fields.find(key);
  char* end = nullptr;
  const int64_t value = it == fields.end() ? 0 : std::strtoll(it->second.c_str(), &end, 10);
  if (end == nullptr || *end != '\0') {
    return Error{ErrorCode::BadFile, std::string("the checkpoint's manifest lacks ") + key};
  }
  return value;
}

}  // namespace

Result<std::unique_ptr<RunState>> load_run(RunFolder& folder, const fs::path& tokenizers) {
  protocol::RunConfig config = folder.config();
  const fs::path model_path = path_from_utf8(config.model);
  auto base = load_base_model(model_path);
  if (!base) return base.error().in("loading " + path_to_utf8(model_path.filename()));
  const auto model_hash = checkpoint_sha256(model_path);
  if (!model_hash) return model_hash.error();
  if (auto same = settle_hash(config.model_sha256, *model_hash, "model"); !same) {
    return same.error();
  }
  auto data = load_data(config, base->model.config(), tokenizers);
  if (!data) return data.error().in("reading the training data");
  if (auto same = settle_hash(config.data_sha256, data->sha256, "data"); !same) {
    return same.error();
  }
  if (auto told = tell_of_data(*data, folder); !told) return told.error();
  auto core = load_run_core(base->model.config(), config);
  if (!core) return core.error();
  if (auto written = folder.write_config(config); !written) return written.error();
  std::vector<Sample> train = drop_unlearnable(std::move(data->train));
  if (train.empty()) {
    return Error{ErrorCode::BadFile, "the training data has no text to learn from"};
  }
  choose_recompute(base->model, *core ? &**core : nullptr, config);
  Adam optimizer(
      *core ? prepare_core(base->model, **core, config) : prepare_method(base->model, config),
      {.rule = config.optimizer == "adam_atan2" ? AdamRule::ATan2 : AdamRule::AdamW,
       .beta1 = config.beta1,
       .beta2 = config.beta2,
       .epsilon = config.epsilon,
       .weight_decay = config.weight_decay});
  const SampleOrder order(static_cast<int64_t>(train.size()), static_cast<uint64_t>(config.seed));
  auto state =
      std::make_unique<RunState>(std::move(*base), std::move(*core), std::move(optimizer), order);
  state->train = std::move(train);
  state->validation = drop_unlearnable(std::move(data->validation));
  state->samples_sha256 = hash_of(state->train, state->validation);
  return state;
}

Status check_config_changes(RunFolder& folder, const fs::path& checkpoint) {
  const auto fields = RunFolder::manifest_fields(checkpoint);
  if (!fields) return fields.error();
  const auto text = fields->find(kConfig);
  if (text == fields->end()) return {};  // saved by a version that did not record it
  const auto recorded = parse_run_config(text->second);
  if (!recorded) return recorded.error().in("the config that the checkpoint recorded");
  protocol::RunConfig config = folder.config();
  for (const auto hash : {&protocol::RunConfig::model_sha256, &protocol::RunConfig::data_sha256,
                          &protocol::RunConfig::hrm_core_sha256}) {
    if ((config.*hash).empty()) config.*hash = (*recorded).*hash;
  }
  if (auto written = folder.write_config(config); !written) return written;
  std::string refused, taken;
  std::map<std::string, std::string> journal;
  for (const ConfigChange& change : config_changes(*recorded, config)) {
    std::string& list = change.is_fixed ? refused : taken;
    list += fmt::format("{}{} was {} and is {}", list.empty() ? "" : "; ", change.field, change.was,
                        change.is);
    journal[change.field] = change.was + " -> " + change.is;
  }
  const std::string since = path_to_utf8(checkpoint.filename());
  if (!refused.empty()) {
    return Error{ErrorCode::Conflict,
                 fmt::format("config.yaml was changed since {} was saved, which cannot go on so: "
                             "{}. Put it back, or start a new run",
                             since, refused)};
  }
  if (taken.empty()) return {};
  log_warn("train", fmt::format("config.yaml was changed since {}: {}", since, taken));
  return folder.journal("changed", journal);
}

Status restore_run(RunState& state, RunFolder& folder, const fs::path& checkpoint) {
  const auto fields = RunFolder::manifest_fields(checkpoint);
  if (!fields) return fields.error();
  const auto step = number(*fields, "step"), updates = number(*fields, "updates");
  const auto bad = number(*fields, "bad_steps"), offset = number(*fields, "metrics_offset");
  for (const auto* value : {&step, &updates, &bad, &offset}) {
    if (!*value) return value->error();
  }
  if (const auto samples = fields->find(kSamples);
      samples != fields->end() && samples->second != state.samples_sha256) {
    return Error{ErrorCode::Conflict,
                 "the training data is read into other samples than when this run started: with "
                 "another vocabulary, or by another version of this program; start a new run"};
  }
  if (auto loaded = load_moments(checkpoint / "trainer.safetensors", state.optimizer.tensors());
      !loaded) {
    return loaded;
  }
  state.step = *step;
  state.bad_steps = *bad;
  state.optimizer.set_updates(*updates);
  if (const auto best = fields->find("best_loss"); best != fields->end()) {
    const auto waited = number(*fields, "waited");
    if (!waited) return waited.error();
    state.patience = {.best = std::strtod(best->second.c_str(), nullptr), .waited = *waited};
  }
  if (auto cut = folder.cut_metrics(static_cast<uint64_t>(*offset)); !cut) return cut;
  return folder.cut_timings(*step);
}

Status save_run(const RunState& state, RunFolder& folder) {
  const protocol::RunConfig& config = folder.config();
  std::map<std::string, std::string> fields{
      {"step", std::to_string(state.step)},
      {"updates", std::to_string(state.optimizer.updates())},
      {"bad_steps", std::to_string(state.bad_steps)},
      {"metrics_offset", std::to_string(folder.metrics_offset())},
      {"method", config.method},
      {"model_sha256", config.model_sha256},
      {"data_sha256", config.data_sha256},
      {kConfig, format_run_config(config)},
      {kSamples, state.samples_sha256}};
  if (state.val_loss) fields["val_loss"] = fmt::format("{}", *state.val_loss);
  if (config.patience > 0) {
    fields["best_loss"] = fmt::format("{}", state.patience.best);
    fields["waited"] = std::to_string(state.patience.waited);
  }
  const auto fill = [&](const fs::path& to) -> Status {
    if (auto written = save_result(state, config, to); !written) return written;
    return save_moments(to / "trainer.safetensors", state.optimizer.tensors());
  };
  Status saved = folder.save_checkpoint(state.step, expected_bytes(state, config), fields, fill);
  if (!saved) return saved.error().in(fmt::format("saving step {}", state.step));
  std::map<std::string, std::string> event{{"step", std::to_string(state.step)}};
  if (state.val_loss) event["val_loss"] = fields["val_loss"];
  return folder.journal("saved", event);
}

}  // namespace greylag::train
