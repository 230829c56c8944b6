// SPDX-License-Identifier: Apache-2.0
#include "core/server/run_supervisor.h"

#include <algorithm>
#include <system_error>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/base/regular_file.h"
#include "core/hub/file_name.h"
#include "core/runs/run_config.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

uint64_t folder_bytes(const fs::path& folder) {
  uint64_t sum = 0;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
    if (entry.is_regular_file(failed)) sum += entry.file_size(failed);
  }
  return sum;
}

}  // namespace

fs::path default_trainer() {
#if defined(_WIN32)
  return platform::executable_dir() / "greylag-train.exe";
#else
  return platform::executable_dir() / "greylag-train";
#endif
}

RunSupervisor::RunSupervisor(const Home& home, ModelLibrary& models, fs::path trainer)
    : home_(home), models_(models), trainer_(std::move(trainer)) {}

std::vector<protocol::RunStatus> RunSupervisor::list() const {
  std::vector<protocol::RunStatus> runs;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(home_.runs(), failed)) {
    if (const auto run = RunFolder::open(entry.path())) runs.push_back(run->status());
  }
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return a.started_unix_time != b.started_unix_time ? a.started_unix_time > b.started_unix_time
                                                      : a.id < b.id;
  });
  return runs;
}

Result<RunFolder> RunSupervisor::open(const std::string& id) const {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(home_.runs(), failed)) {
    if (path_to_utf8(entry.path().filename()) == id) return RunFolder::open(entry.path());
  }
  return Error{ErrorCode::NotFound, "there is no run \"" + id + "\""};
}

Result<protocol::RunStatus> RunSupervisor::status(const std::string& id) const {
  const auto run = open(id);
  if (!run) return run.error();
  return run->status();
}

Result<protocol::RunConfig> RunSupervisor::complete(protocol::RunConfig config) const {
  std::error_code failed;
  if (config.model.empty()) return Error{ErrorCode::InvalidArgument, "model: choose a model"};
  if (const auto entry = models_.find(config.model)) {
    if (!entry->status.problem.empty()) return Error{ErrorCode::BadFile, entry->status.problem};
    config.model = path_to_utf8(entry->path);
    if (config.vocabulary.empty() && entry->vocabulary) {
      config.vocabulary = path_to_utf8(*entry->vocabulary);
    }
  } else if (Status file = check_regular_file(path_from_utf8(config.model)); !file) {
    if (file.error().code != ErrorCode::NotFound) return file.error().in("model");
    return Error{ErrorCode::NotFound, "model: there is no model \"" + config.model + "\""};
  }
  if (Status file = check_regular_file(path_from_utf8(config.data)); !file) {
    return file.error().in("data");
  }
  for (const auto& [name, file] : {std::pair("vocabulary", path_from_utf8(config.vocabulary)),
                                   std::pair("hrm_core", path_from_utf8(config.hrm_core))}) {
    if (file.empty() || fs::is_directory(file, failed)) continue;  // of vocabularies, perhaps
    if (Status regular = check_regular_file(file); !regular) return regular.error().in(name);
  }
  return complete_run_config(std::move(config));
}

fs::path RunSupervisor::free_folder(const protocol::RunConfig& config) const {
  const std::string wanted =
      config.name.empty() ? path_to_utf8(path_from_utf8(config.model).stem()) + "-" + config.method
                          : config.name;
  const std::string base = slug(wanted);
  std::error_code failed;
  fs::path folder = home_.runs() / base;
  for (int i = 2; fs::exists(folder, failed); ++i) {
    folder = home_.runs() / (base + "-" + std::to_string(i));
  }
  return folder;
}

Status RunSupervisor::spawn(const char* command, RunFolder& run) const {
  const std::vector<std::string> arguments = {"--home", path_to_utf8(home_.root), command,
                                              path_to_utf8(run.path())};
  const uint64_t journal_bytes = run.journal_bytes();
  const auto trainer = platform::spawn_detached(trainer_, arguments, run.path() / "trainer.log");
  if (!trainer) return trainer.error();
  if (Status noted = run.note_trainer(trainer->pid, trainer->start_mark, journal_bytes); !noted) {
    log_warn("server", noted.error().message);  // it runs all the same
  }
  return {};
}

Result<protocol::RunStatus> RunSupervisor::start(protocol::RunConfig config) const {
  auto completed = complete(std::move(config));
  if (!completed) return completed.error();
  const fs::path folder = free_folder(*completed);
  auto run = RunFolder::create(folder, *completed);
  if (!run) return run.error();
  if (Status spawned = spawn("run", *run); !spawned) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return spawned.error();
  }
  return run->status();
}

Result<protocol::RunStatus> RunSupervisor::control(const std::string& id,
                                                   const std::string& word) const {
  auto run = open(id);
  if (!run) return run.error();
  if (run->is_live()) {
    if (Status sent = run->control(word); !sent) return sent.error();
    return run->status();
  }
  if (run->has_live_trainer()) {
    return Error{ErrorCode::Conflict, "this run is being started; try again in a moment"};
  }
  // Without a trainer a pause is a note in the journal, and so is its end.
  if (word == "stop" && run->status().state == "paused") {
    if (Status noted = run->journal("stopped"); !noted) return noted.error();
    return run->status();
  }
  if (word != "resume") return Error{ErrorCode::Conflict, "this run is not running"};
  if (run->status().state == "finished") {
    return Error{ErrorCode::Conflict, "this run has finished; there is nothing to resume"};
  }
  if (Status spawned = spawn("resume", *run); !spawned) return spawned.error();
  return run->status();
}

Result<uint64_t> RunSupervisor::remove(const std::string& id) const {
  const auto run = open(id);
  if (!run) return run.error();
  if (run->has_live_trainer()) {
    return Error{ErrorCode::Conflict, "this run is running; stop it first"};
  }
  const uint64_t bytes = folder_bytes(run->path());
  std::error_code failed;
  fs::remove_all(run->path(), failed);
  if (failed) return Error{ErrorCode::Internal, "cannot delete the run: " + failed.message()};
  return bytes;
}

bool RunSupervisor::is_used_by_live_run(const fs::path& model) const {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(home_.runs(), failed)) {
    const auto run = RunFolder::open(entry.path());
    std::error_code missing;
    if (run && run->is_live() &&
        fs::equivalent(path_from_utf8(run->config().model), model, missing)) {
      return true;
    }
  }
  return false;
}

}  // namespace greylag
