// SPDX-License-Identifier: Apache-2.0
#include "core/server/run_watcher.h"

#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/protocol/codec.h"
#include "core/runs/run_folder.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr uint64_t kFullLookEvery = 10;  // looks: a trainer that died changes no file

uint64_t size_of(const fs::path& file) {
  std::error_code absent;
  const auto size = fs::file_size(file, absent);
  return absent ? 0 : size;
}

template <typename Row, typename Take>
void each_row(std::string_view lines, Take take) {
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    if (const auto row = protocol::decode<Row>(lines.substr(0, end))) take(*row);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
  }
}

bool is_live_state(const std::string& state) {
  return state == "starting" || state == "running" || state == "pausing" || state == "paused" ||
         state == "stopping";
}

}  // namespace

RunWatcher::RunWatcher(fs::path runs, RunWatcherHooks hooks)
    : runs_(std::move(runs)), hooks_(std::move(hooks)) {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        look();
        hooks_.on_tick();
      } catch (const std::exception& e) {
        log_error("server", std::string("watching the runs failed: ") + e.what());
      }
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kLookEvery, [] { return false; });
    }
  });
}

std::string RunWatcher::Tail::read(const fs::path& file) {
  const uint64_t size = size_of(file);
  if (size < offset) offset = size;
  if (size == offset) return {};
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  std::string text(size - offset, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: no whole line yet
  offset += text.size();
  return text;
}

void RunWatcher::look() {
  const bool is_full_look = looks_++ % kFullLookEvery == 0;
  std::set<std::string> present;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(runs_, failed)) {
    const std::string id = path_to_utf8(entry.path().filename());
    std::error_code absent;
    if (!fs::exists(entry.path() / "config.yaml", absent)) continue;
    present.insert(id);
    const auto [it, is_new] = watched_.try_emplace(id);
    if (is_new && is_first_look_) {  // history is asked for by GET …/metrics
      it->second.metrics.offset = size_of(entry.path() / "metrics.jsonl");
      it->second.timings.offset = size_of(entry.path() / "timing.jsonl");
    }
    look_at(entry.path(), it->second, is_full_look || is_new);
  }
  std::erase_if(watched_, [&](const auto& item) { return !present.contains(item.first); });
  is_first_look_ = false;
}

void RunWatcher::look_at(const fs::path& folder, Watched& run, bool is_full_look) {
  bool is_changed = read_metrics(folder, run);
  const uint64_t journal = size_of(folder / "journal.jsonl");
  is_changed |= std::exchange(run.journal_size, journal) != journal;
  if (!is_changed && !(is_full_look && run.may_be_live)) return;
  const auto opened = RunFolder::open(folder);
  if (!opened) return;
  const protocol::RunStatus status = opened->status();
  run.may_be_live = is_live_state(status.state);
  std::string shown = protocol::encode(status);
  if (shown == run.shown) return;
  run.shown = std::move(shown);
  hooks_.on_status(status);
}

bool RunWatcher::read_metrics(const fs::path& folder, Watched& run) {
  const std::string timings = run.timings.read(folder / "timing.jsonl");
  each_row<protocol::Timing>(timings, [&](const protocol::Timing& row) {
    run.speeds[row.step] = row.tokens_per_second;
    run.tokens_per_second = row.tokens_per_second;
  });
  const std::string metrics = run.metrics.read(folder / "metrics.jsonl");
  protocol::MetricEvent event;
  event.run = path_to_utf8(folder.filename());
  bool has_core = false, has_depth = false;
  each_row<protocol::Metric>(metrics, [&](const protocol::Metric& row) {
    event.step.push_back(row.step);
    event.loss.push_back(row.loss);
    event.lr.push_back(row.lr);
    event.grad_norm.push_back(row.grad_norm);
    const auto speed = run.speeds.find(row.step);
    event.tokens_per_second.push_back(speed == run.speeds.end() ? run.tokens_per_second
                                                                : speed->second);
    has_core |= !row.cycle_losses.empty();
    has_depth |= row.has_halt_depth;
    event.cycle_losses.push_back(row.cycle_losses);
    event.cycle_changes.push_back(row.cycle_changes);
    event.halt_depth.push_back(row.has_halt_depth ? row.halt_depth : NAN);
    if (!row.has_val_loss) return;
    event.val_step.push_back(row.step);
    event.val_loss.push_back(row.val_loss);
  });
  if (event.step.empty()) return false;
  if (!has_core) {
    event.cycle_losses.clear();
    event.cycle_changes.clear();
  }
  if (!has_depth) event.halt_depth.clear();
  run.speeds.erase(run.speeds.begin(), run.speeds.upper_bound(event.step.back()));
  hooks_.on_metrics(event);
  return true;
}

}  // namespace greylag
