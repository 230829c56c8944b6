// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/codec.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/protocol/engine.h"
#include "core/protocol/reason.h"
#include "core/protocol/training.h"

namespace greylag::protocol {

// JSON has no NaN and no infinity: a number that has no value is null there and NaN here.
static double number_of(const nlohmann::json& json) {
  return json.is_null() ? NAN : json.get<double>();
}

static std::vector<double> numbers_of(const nlohmann::json& json) {
  std::vector<double> values;
  for (const auto& value : json.get_ref<const nlohmann::json::array_t&>()) {
    values.push_back(number_of(value));
  }
  return values;
}

// An absent key leaves the member as it is.
template <typename T>
static void read_member(const nlohmann::json& json, const char* key, T& member) {
  const auto it = json.find(key);
  if (it == json.end()) return;
  if constexpr (std::is_same_v<T, double>) {
    member = number_of(*it);
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    member = numbers_of(*it);
  } else {
    it->get_to(member);
  }
}

#define GREYLAG_READ(member) read_member(json, #member, value.member);
#define GREYLAG_WRITE(member) json[#member] = value.member;
#define GREYLAG_JSON(Type, ...)                                                   \
  static void to_json(nlohmann::json& json, const Type& value) {                  \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(GREYLAG_WRITE, __VA_ARGS__))         \
  }                                                                               \
  static void from_json(const nlohmann::json& json, Type& value) {                \
    json.get_ref<const nlohmann::json::object_t&>(); /* throws when it is none */ \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(GREYLAG_READ, __VA_ARGS__))          \
  }

GREYLAG_JSON(RunConfig, name, model, model_sha256, vocabulary, data, data_sha256, method, steps, lr,
             lr_final, warmup_steps, batch, accumulation, context, rank, alpha, train_norms,
             optimizer, weight_decay, beta1, beta2, epsilon, clip, l2wrap, validation_share,
             validate_every, save_every, keep_last, patience, min_delta, grace_steps, skip_bad_rows,
             seed, threads, hrm_core, hrm_core_sha256, hrm_width, hrm_blocks, hrm_h_cycles,
             hrm_l_cycles, hrm_tap, hrm_share, hrm_gate, hrm_grad_cycles, hrm_ds_weight,
             hrm_halting, hrm_halt_weight, hrm_halt_tau, hrm_explore, hrm_alpha_warmup_steps,
             hrm_backbone, hrm_backbone_lr)
GREYLAG_JSON(Timing, step, unix_time, tokens_per_second, seconds_left)
GREYLAG_JSON(RunCheckpoint, step, file, val_loss, has_val_loss, is_best, size_bytes)
GREYLAG_JSON(RunStatus, id, folder, config, state, error, step, loss, val_loss, has_val_loss,
             tokens_per_second, seconds_left, started_unix_time, checkpoints)
GREYLAG_JSON(RunList, runs)
GREYLAG_JSON(MergeRequest, step, name)
GREYLAG_JSON(MergeReply, model, path, largest_logit_difference)
GREYLAG_JSON(DataCheckRequest, path, model, context, max_errors, max_samples)
GREYLAG_JSON(DataProblem, line, problem, message, is_fatal)
GREYLAG_JSON(DataProblemCount, problem, is_fatal, rows, first_line)
GREYLAG_JSON(TextSpan, text, is_learned)
GREYLAG_JSON(DataPreview, line, spans)
GREYLAG_JSON(DataCheckReply, kind, rows, usable_rows, tokens, learned_tokens, longest, histogram,
             errors, problem_counts, previews)
GREYLAG_JSON(PlanReply, config, trainable_parameters, weight_bytes, optimizer_bytes,
             activation_bytes, total_bytes, memory_available_bytes, checkpoint_bytes,
             estimated_seconds, epochs, warnings)
GREYLAG_JSON(Handshake, protocol, pid, start_mark, port, token_file, control_token_file)
GREYLAG_JSON(DeviceStatus, id, name, detail, why, memory_bytes, is_usable, is_chosen)
GREYLAG_JSON(DeviceList, devices)
GREYLAG_JSON(RequestStatus, id, route, model, state, status, started_unix_time, seconds,
             prompt_tokens, completion_tokens, tokens_per_second, roof_share)
GREYLAG_JSON(RequestList, requests)
GREYLAG_JSON(EngineStatus, version, protocol, pid, port, home, uptime_seconds, device,
             loaded_models, memory_resident_bytes, memory_available_bytes, disk_free_bytes, running,
             waiting)
GREYLAG_JSON(ModelStatus, id, path, format, architecture, dtype, layers, width, heads, vocab,
             parameters, size_bytes, is_builtin, is_deletable, is_loaded, is_loading, vocabulary,
             problem)
GREYLAG_JSON(ModelList, models)
GREYLAG_JSON(AdapterStatus, id, path, method, rank, alpha, is_alpha_assumed, cycles, base_sha256,
             base_model, run, size_bytes, is_deletable)
GREYLAG_JSON(AdapterList, adapters)
GREYLAG_JSON(AlphaRequest, alpha)
GREYLAG_JSON(ExportReply, path, method, rank, alpha, size_bytes)
GREYLAG_JSON(PathRequest, path, kind)
GREYLAG_JSON(DeleteReply, freed_bytes)
GREYLAG_JSON(ConvertRequest, name, type)
GREYLAG_JSON(ConversionStatus, model, name, type, state, error, id, bytes_done, bytes_total,
             size_bytes, seconds_left, notes)
GREYLAG_JSON(ConversionList, conversions)
GREYLAG_JSON(CatalogueEntry, id, name, description, licence, file_name, url, mirrors, sha256, kind,
             size_bytes, parameters, is_installed)
GREYLAG_JSON(Catalogue, entries)
GREYLAG_JSON(DownloadStatus, id, name, file_name, url, state, error, verification, bytes_done,
             bytes_total, bytes_per_second, seconds_left)
GREYLAG_JSON(DownloadList, downloads)
GREYLAG_JSON(DownloadRequest, catalogue_id, url, sha256, file_name, mirrors)
GREYLAG_JSON(HubRepository, id, downloads, likes)
GREYLAG_JSON(HubRepositoryList, repositories)
GREYLAG_JSON(HubFile, path, file_name, url, mirrors, size_bytes, is_installed)
GREYLAG_JSON(HubFileList, repository, files)
GREYLAG_JSON(Configuration, name, model, adapter, state, device, system_prompt, temperature, top_p,
             top_k, presence_penalty, frequency_penalty, penalty_decay, max_tokens)
GREYLAG_JSON(ConfigurationList, configurations)
GREYLAG_JSON(EngineSettings, port, device, threads, default_model, configurations)
GREYLAG_JSON(ImportStatus, path, state, error, id, bytes_done, bytes_total)
GREYLAG_JSON(ReasonModel, id, path, recipe, task, mixer, rows, columns, vocab, width, puzzle_ids,
             parameters, size_bytes, is_builtin, problem)
GREYLAG_JSON(ReasonModelList, models)
GREYLAG_JSON(SolveRequest, model, puzzle, cells, segments, rollouts, seed, puzzle_id)
GREYLAG_JSON(SolveEvent, model, segment, candidate, cells, text, confidence, q, q_probability,
             has_rules, is_solved, violations, violated, changed, overruled, seconds, is_last, end,
             error)

// A metrics row omits val_loss when the step did not validate, and what its method does not have.
static void to_json(nlohmann::json& json, const Metric& metric) {
  json = {{"step", metric.step},
          {"loss", metric.loss},
          {"lr", metric.lr},
          {"grad_norm", metric.grad_norm},
          {"tokens", metric.tokens}};
  if (metric.has_val_loss) json["val_loss"] = metric.val_loss;
  if (!metric.cycle_losses.empty()) json["cycle_losses"] = metric.cycle_losses;
  if (!metric.cycle_changes.empty()) json["cycle_changes"] = metric.cycle_changes;
  if (metric.has_halt_depth) json["halt_depth"] = metric.halt_depth;
}

static std::vector<double> numbers(const nlohmann::json& json, const char* key) {
  const auto it = json.find(key);
  return it == json.end() ? std::vector<double>() : numbers_of(*it);
}

static std::vector<std::vector<double>> number_rows(const nlohmann::json& json, const char* key) {
  std::vector<std::vector<double>> rows;
  const auto it = json.find(key);
  if (it == json.end()) return rows;
  for (const auto& row : *it) rows.push_back(numbers_of(row));
  return rows;
}

static void from_json(const nlohmann::json& json, Metric& metric) {
  metric.step = json.value("step", int64_t{0});
  const auto number = [&](const char* key) {
    const auto it = json.find(key);
    return it == json.end() ? NAN : number_of(*it);
  };
  metric.loss = number("loss");
  metric.lr = number("lr");
  metric.grad_norm = number("grad_norm");
  metric.tokens = json.value("tokens", int64_t{0});
  metric.has_val_loss = json.contains("val_loss");
  metric.val_loss = metric.has_val_loss ? number("val_loss") : 0.0;
  metric.cycle_losses = numbers(json, "cycle_losses");
  metric.cycle_changes = numbers(json, "cycle_changes");
  metric.has_halt_depth = json.contains("halt_depth");
  metric.halt_depth = metric.has_halt_depth ? number("halt_depth") : 0.0;
}

// An event omits what its run's method does not have.
static void to_json(nlohmann::json& json, const MetricEvent& event) {
  json = {{"run", event.run},
          {"step", event.step},
          {"loss", event.loss},
          {"lr", event.lr},
          {"grad_norm", event.grad_norm},
          {"tokens_per_second", event.tokens_per_second},
          {"val_step", event.val_step},
          {"val_loss", event.val_loss}};
  if (!event.cycle_losses.empty()) json["cycle_losses"] = event.cycle_losses;
  if (!event.cycle_changes.empty()) json["cycle_changes"] = event.cycle_changes;
  if (!event.halt_depth.empty()) json["halt_depth"] = event.halt_depth;
}

static void from_json(const nlohmann::json& json, MetricEvent& event) {
  event.run = json.value("run", std::string());
  event.step = json.value("step", std::vector<int64_t>());
  event.loss = numbers(json, "loss");
  event.lr = numbers(json, "lr");
  event.grad_norm = numbers(json, "grad_norm");
  event.tokens_per_second = numbers(json, "tokens_per_second");
  event.val_step = json.value("val_step", std::vector<int64_t>());
  event.val_loss = numbers(json, "val_loss");
  event.cycle_losses = number_rows(json, "cycle_losses");
  event.cycle_changes = number_rows(json, "cycle_changes");
  event.halt_depth = numbers(json, "halt_depth");
}

GREYLAG_JSON(MetricList, metrics, timings)

#undef GREYLAG_JSON
#undef GREYLAG_READ
#undef GREYLAG_WRITE

template <typename T>
Result<T> decode(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{ErrorCode::InvalidArgument, "the body is not valid JSON"};
  if (!json.is_object()) {
    return Error{ErrorCode::InvalidArgument, "the body must be a JSON object"};
  }
  try {
    return json.get<T>();
  } catch (const nlohmann::json::exception& e) {
    return Error{ErrorCode::InvalidArgument,
                 std::string("a value in the JSON body has the wrong type: ") + e.what()};
  }
}

template <typename T>
std::string encode(const T& value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

#define GREYLAG_INSTANTIATE(T)                    \
  template Result<T> decode<T>(std::string_view); \
  template std::string encode<T>(const T&);

GREYLAG_INSTANTIATE(RunConfig)
GREYLAG_INSTANTIATE(Metric)
GREYLAG_INSTANTIATE(Timing)
GREYLAG_INSTANTIATE(RunCheckpoint)
GREYLAG_INSTANTIATE(RunStatus)
GREYLAG_INSTANTIATE(RunList)
GREYLAG_INSTANTIATE(MetricList)
GREYLAG_INSTANTIATE(MergeRequest)
GREYLAG_INSTANTIATE(MergeReply)
GREYLAG_INSTANTIATE(DataCheckRequest)
GREYLAG_INSTANTIATE(DataCheckReply)
GREYLAG_INSTANTIATE(PlanReply)
GREYLAG_INSTANTIATE(Handshake)
GREYLAG_INSTANTIATE(DeviceStatus)
GREYLAG_INSTANTIATE(DeviceList)
GREYLAG_INSTANTIATE(RequestStatus)
GREYLAG_INSTANTIATE(RequestList)
GREYLAG_INSTANTIATE(EngineStatus)
GREYLAG_INSTANTIATE(ModelStatus)
GREYLAG_INSTANTIATE(ModelList)
GREYLAG_INSTANTIATE(AdapterStatus)
GREYLAG_INSTANTIATE(AdapterList)
GREYLAG_INSTANTIATE(AlphaRequest)
GREYLAG_INSTANTIATE(ExportReply)
GREYLAG_INSTANTIATE(PathRequest)
GREYLAG_INSTANTIATE(DeleteReply)
GREYLAG_INSTANTIATE(ConvertRequest)
GREYLAG_INSTANTIATE(ConversionStatus)
GREYLAG_INSTANTIATE(ConversionList)
GREYLAG_INSTANTIATE(CatalogueEntry)
GREYLAG_INSTANTIATE(Catalogue)
GREYLAG_INSTANTIATE(DownloadStatus)
GREYLAG_INSTANTIATE(DownloadList)
GREYLAG_INSTANTIATE(DownloadRequest)
GREYLAG_INSTANTIATE(HubRepositoryList)
GREYLAG_INSTANTIATE(HubFileList)
GREYLAG_INSTANTIATE(Configuration)
GREYLAG_INSTANTIATE(ConfigurationList)
GREYLAG_INSTANTIATE(EngineSettings)
GREYLAG_INSTANTIATE(MetricEvent)
GREYLAG_INSTANTIATE(ImportStatus)
GREYLAG_INSTANTIATE(ReasonModel)
GREYLAG_INSTANTIATE(ReasonModelList)
GREYLAG_INSTANTIATE(SolveRequest)
GREYLAG_INSTANTIATE(SolveEvent)

}  // namespace greylag::protocol
