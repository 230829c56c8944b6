// SPDX-License-Identifier: Apache-2.0
// The read side of RunFolder: status and metrics, derived from the live process and the files.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/protocol/codec.h"
#include "core/runs/control_queue.h"
#include "core/runs/jsonl.h"
#include "core/runs/run_folder.h"

namespace greylag {

namespace fs = std::filesystem;

namespace {

struct JournalView {
  std::string last;  // last event that says what state the run is in
  std::string error;
  double started_unix_time = 0;
};

JournalView read_journal(const fs::path& file) {
  JournalView view;
  for (const std::string& line : read_lines(file)) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    const auto event_at = json.find("event");
    if (event_at == json.end() || !event_at->is_string()) continue;
    const std::string event = event_at->get<std::string>();
    static constexpr const char* kStates[] = {"started", "paused",   "resumed",
                                              "stopped", "finished", "failed"};
    if (std::find(std::begin(kStates), std::end(kStates), event) == std::end(kStates)) continue;
    view.last = event;
    view.error.clear();
    if (json.contains("error") && json["error"].is_string()) {
      view.error = json["error"].get<std::string>();
    }
    const auto time = json.find("unix_time");
    if (event == "started" && time != json.end() && time->is_number()) {
      view.started_unix_time = time->get<double>();
    }
  }
  return view;
}

// What is there of the last trainer.
enum class TrainerSign {
  None,       // the run was never started, or the trainer ended in order
  Starting,   // it lives, but does not own the folder yet
  DiedEarly,  // it ended before it did
  Owner,      // it lives and owns the folder
  DeadOwner,
};

std::string derive_state(TrainerSign trainer, const std::string& last,
                         const std::vector<std::string>& pending) {
  if (trainer == TrainerSign::Starting) return "starting";
  if (trainer == TrainerSign::DiedEarly) return "failed";
  if (last == "finished" || last == "stopped" || last == "failed") return last;
  if (trainer == TrainerSign::None && (last.empty() || last == "paused")) {
    return last.empty() ? "starting" : last;
  }
  if (trainer == TrainerSign::None || trainer == TrainerSign::DeadOwner) return "interrupted";
  if (std::ranges::find(pending, "stop") != pending.end()) return "stopping";
  if (last == "paused") return "paused";
  bool will_pause = false;
  for (const std::string& command : pending) {
    if (command == "pause" || command == "resume") will_pause = command == "pause";
  }
  if (will_pause) return "pausing";
  return last.empty() ? "starting" : "running";
}

// How long the journal was when the engine started a trainer last; nullopt when it never did.
std::optional<uint64_t> journal_before(const fs::path& run) {
  const auto text = read_text_file(run / "trainer.json", 4096);
  if (!text) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto bytes = json.find("journal_bytes");
  if (bytes == json.end() || !bytes->is_number_unsigned()) return std::nullopt;
  return bytes->get<uint64_t>();
}

TrainerSign trainer_sign(const RunFolder& run) {
  if (run.is_live()) return TrainerSign::Owner;
  // The first thing that an owner does is to write into the journal.
  const auto before = journal_before(run.path());
  if (before && run.journal_bytes() <= *before) {
    return run.has_live_trainer() ? TrainerSign::Starting : TrainerSign::DiedEarly;
  }
  std::error_code error;
  return fs::exists(run.path() / "owner.json", error) ? TrainerSign::DeadOwner : TrainerSign::None;
}

// The last line of trainer.log: what the trainer said before it ended.
std::string why_not_started(const fs::path& run) {
  constexpr std::string_view kProgram = "greylag-train: ";
  const auto lines = read_last_lines(run / "trainer.log", [](std::string_view) { return true; });
  if (lines.empty()) return "the trainer ended before it began";
  const std::string_view last = lines.back();
  return std::string(last.starts_with(kProgram) ? last.substr(kProgram.size()) : last);
}

template <typename Row>
std::vector<Row> rows_after(const fs::path& file, int64_t from) {
  const auto is_old = [from](std::string_view line) {
    const auto row = protocol::decode<Row>(line);
    return row.ok() && row->step <= from;
  };
  std::vector<Row> rows;
  for (const std::string& line : read_last_lines(file, is_old)) {
    const auto row = protocol::decode<Row>(line);
    if (row && row->step > from) rows.push_back(*row);
  }
  return rows;
}

// The last row for which is_wanted holds, looking at the end of the file only as far as needed.
template <typename Row, typename Wanted>
std::optional<Row> last_row(const fs::path& file, const Wanted& is_wanted) {
  const auto check = [&](std::string_view line) {
    const auto row = protocol::decode<Row>(line);
    return row.ok() && is_wanted(*row);
  };
  const std::vector<std::string> lines = read_last_lines(file, check);
  for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
    const auto row = protocol::decode<Row>(*it);
    if (row && is_wanted(*row)) return *row;
  }
  return std::nullopt;
}

}  // namespace

protocol::MetricList RunFolder::metrics(int64_t from) const {
  return {.metrics = rows_after<protocol::Metric>(path_ / "metrics.jsonl", from),
          .timings = rows_after<protocol::Timing>(path_ / "timing.jsonl", from)};
}

protocol::RunStatus RunFolder::status() const {
  protocol::RunStatus status;
  status.id = path_to_utf8(path_.filename());
  status.folder = path_to_utf8(path_);
  status.config = config_;
  const JournalView journal_view = read_journal(path_ / "journal.jsonl");
  const TrainerSign trainer = trainer_sign(*this);
  status.state = derive_state(trainer, journal_view.last, pending_commands(path_));
  if (trainer == TrainerSign::DiedEarly) {
    status.error = why_not_started(path_);
  } else if (status.state == "failed" || status.state == "paused") {
    status.error = journal_view.error;
  }
  status.started_unix_time = journal_view.started_unix_time;
  const fs::path metrics_file = path_ / "metrics.jsonl";
  const auto any = [](const auto&) { return true; };
  if (const auto last = last_row<protocol::Metric>(metrics_file, any)) {
    status.step = last->step;
    status.loss = last->loss;
  }
  const bool is_validating = config_.validate_every > 0 && config_.validation_share > 0;
  const auto has_val = [](const protocol::Metric& row) { return row.has_val_loss; };
  if (is_validating) {
    if (const auto last = last_row<protocol::Metric>(metrics_file, has_val)) {
      status.val_loss = last->val_loss;
      status.has_val_loss = true;
    }
  }
  if (const auto last = last_row<protocol::Timing>(path_ / "timing.jsonl", any)) {
    status.tokens_per_second = last->tokens_per_second;
    status.seconds_left = last->seconds_left;
  }
  status.checkpoints = checkpoints();
  return status;
}

}  // namespace greylag
