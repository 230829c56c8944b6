// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/protocol/codec.h"
#include "core/runs/checkpoint_folder.h"
#include "core/runs/control_queue.h"
#include "core/runs/jsonl.h"
#include "core/runs/run_config.h"

namespace greylag {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

constexpr const char* kControlWords[] = {"pause", "resume", "stop", "save"};
constexpr const char* kOwner = "owner.json";
constexpr const char* kTrainer = "trainer.json";

// Does the process that the file names live?
bool is_live_process(const fs::path& file) {
  const auto text = read_text_file(file, 4096);
  if (!text) return false;
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return false;
  const auto pid = json.find("pid"), mark = json.find("start_mark");
  if (pid == json.end() || !pid->is_number_integer()) return false;
  if (mark == json.end() || !mark->is_number_integer()) return false;
  const auto live = platform::process_start_mark(pid->get<int64_t>());
  return live.has_value() && *live == mark->get<uint64_t>();
}

}  // namespace

Result<RunFolder> RunFolder::create(const fs::path& folder, const protocol::RunConfig& config) {
  RunFolder run;
  run.path_ = folder_path(folder);
  std::error_code error;
  if (fs::exists(run.path_ / "config.yaml", error)) {
    return Error{ErrorCode::Conflict,
                 path_to_utf8(folder) + " holds a run already; choose another folder or resume it"};
  }
  fs::create_directories(run.path_ / "checkpoints", error);
  if (error) {
    return Error{ErrorCode::InvalidArgument,
                 "cannot create " + path_to_utf8(folder) + ": " + error.message()};
  }
  if (auto written = run.write_config(config); !written) return written.error();
  return run;
}

Result<RunFolder> RunFolder::open(const fs::path& folder) {
  RunFolder run;
  run.path_ = folder_path(folder);
  const auto text = read_text_file(run.path_ / "config.yaml", kMaxConfigBytes);
  if (!text) {
    if (text.error().code != ErrorCode::NotFound) return text.error();
    return Error{ErrorCode::NotFound, path_to_utf8(folder) + " is not a run: no config.yaml"};
  }
  auto config = parse_run_config(*text);
  if (!config) return config.error().in(path_to_utf8(run.path_.filename()));
  run.config_ = std::move(*config);
  return run;
}

Status RunFolder::write_config(const protocol::RunConfig& config) {
  config_ = config;
  return write_file_atomic(path_ / "config.yaml", format_run_config(config));
}

bool RunFolder::is_live() const { return is_live_process(path_ / kOwner); }

bool RunFolder::has_live_trainer() const { return is_live() || is_live_process(path_ / kTrainer); }

Status RunFolder::note_trainer(int64_t pid, uint64_t start_mark, uint64_t journal_bytes) {
  const nlohmann::json trainer{
      {"pid", pid}, {"start_mark", start_mark}, {"journal_bytes", journal_bytes}};
  return write_file_atomic(path_ / kTrainer, trainer.dump() + "\n");
}

uint64_t RunFolder::journal_bytes() const { return file_size_or_zero(path_ / "journal.jsonl"); }

std::vector<protocol::RunCheckpoint> RunFolder::checkpoints() const {
  return list_checkpoints(path_ / "checkpoints");
}

std::optional<fs::path> RunFolder::newest_verified_checkpoint() const {
  const auto found = checkpoints();
  for (auto it = found.rbegin(); it != found.rend(); ++it) {
    const fs::path folder = path_ / "checkpoints" / checkpoint_name(it->step);
    const Status verified = verify_checkpoint(folder);
    if (verified) return folder;
    log_warn("runs", "checkpoint left out: " + verified.error().message);
  }
  return std::nullopt;
}

Status RunFolder::control(const std::string& word) {
  if (std::find(std::begin(kControlWords), std::end(kControlWords), word) ==
      std::end(kControlWords)) {
    return Error{ErrorCode::InvalidArgument,
                 "\"" + word + "\" is not a control word; use pause, resume, stop or save"};
  }
  if (!is_live()) {
    return Error{ErrorCode::Conflict, "no trainer works on " + path_to_utf8(path_.filename()) +
                                          "; start one with: greylag-train resume " +
                                          path_to_utf8(path_)};
  }
  return push_command(path_, word);
}

Status RunFolder::take_ownership() {
  auto lock = platform::acquire_lock(path_ / "owner.lock");
  if (!lock) {
    if (lock.error().code != ErrorCode::Conflict) return lock.error();
    return Error{ErrorCode::Conflict,
                 "another trainer works on " + path_to_utf8(path_.filename()) +
                     " already; tell it what to do with: greylag-train control " +
                     path_to_utf8(path_) + " pause|resume|stop|save"};
  }
  lock_ = *lock;
  std::error_code error;
  fs::create_directories(path_ / "checkpoints", error);
  clear_commands(path_);
  clean_leftovers(path_ / "checkpoints");
  for (const char* name : {"journal.jsonl", "metrics.jsonl", "timing.jsonl"}) {
    if (auto cut = cut_torn_line(path_ / name); !cut) return cut;
  }
  const int64_t pid = platform::process_id();
  const nlohmann::json owner{{"pid", pid},
                             {"start_mark", platform::process_start_mark(pid).value_or(0)}};
  if (auto written = write_file_atomic(path_ / kOwner, owner.dump() + "\n"); !written) {
    return written;
  }
  beat();
  return {};
}

void RunFolder::release_ownership() {
  if (lock_ < 0) return;
  std::error_code error;
  fs::remove(path_ / kOwner, error);
  platform::release_lock(lock_);
  lock_ = -1;
}

void RunFolder::beat() {
  const fs::path file = path_ / "heartbeat";
  std::ofstream(file, std::ios::app).close();
  std::error_code error;
  fs::last_write_time(file, fs::file_time_type::clock::now(), error);
}

std::string RunFolder::take_control() { return take_command(path_); }

Status RunFolder::journal(const std::string& event,
                          const std::map<std::string, std::string>& fields) {
  nlohmann::json line(fields);
  if (fields.empty()) line = nlohmann::json::object();
  line["event"] = event;
  line["unix_time"] =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return append_line(path_ / "journal.jsonl",
                     line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status RunFolder::append_metric(const protocol::Metric& metric) {
  return append_line(path_ / "metrics.jsonl", protocol::encode(metric));
}

Status RunFolder::append_timing(const protocol::Timing& timing) {
  return append_line(path_ / "timing.jsonl", protocol::encode(timing));
}

uint64_t RunFolder::metrics_offset() const { return file_size_or_zero(path_ / "metrics.jsonl"); }

Status RunFolder::cut_metrics(uint64_t offset) {
  const fs::path file = path_ / "metrics.jsonl";
  std::error_code error;
  if (file_size_or_zero(file) > offset) fs::resize_file(file, offset, error);
  if (!error) return {};
  return Error{ErrorCode::Internal, "cannot cut metrics.jsonl: " + error.message()};
}

Status RunFolder::cut_timings(int64_t last_step) {
  const fs::path file = path_ / "timing.jsonl";
  uint64_t keep = 0;
  for (const std::string& line : read_lines(file)) {
    const auto timing = protocol::decode<protocol::Timing>(line);
    if (timing && timing->step > last_step) break;
    keep += line.size() + 1;
  }
  std::error_code error;
  if (file_size_or_zero(file) > keep) fs::resize_file(file, keep, error);
  if (!error) return {};
  return Error{ErrorCode::Internal, "cannot cut timing.jsonl: " + error.message()};
}

Status RunFolder::save_checkpoint(int64_t step, uint64_t expected_bytes,
                                  const std::map<std::string, std::string>& fields,
                                  const std::function<Status(const fs::path&)>& fill) {
  return greylag::save_checkpoint(path_, step, expected_bytes, fields, config_.keep_last, fill);
}

Result<std::map<std::string, std::string>> RunFolder::manifest_fields(const fs::path& checkpoint) {
  auto manifest = read_manifest(checkpoint);
  if (!manifest) return manifest.error();
  return std::move(manifest->fields);
}

}  // namespace greylag
