// SPDX-License-Identifier: Apache-2.0
#include "core/server/converter.h"

#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "core/base/file.h"
#include "core/convert/convert_checkpoint.h"
#include "core/hub/file_name.h"
#include "core/server/start_thread.h"

namespace greylag {
namespace {
constexpr std::chrono::milliseconds kShowEvery{250};
}  // namespace

struct Converter::Task {
  std::filesystem::path model, target;
  std::optional<gpu::DType> type;
  std::optional<std::filesystem::path> vocabulary;
  protocol::ConversionStatus status;
};

Converter::Converter(const Home& home,
                     std::function<void(const protocol::ConversionStatus&)> on_change)
    : home_(home), on_change_(std::move(on_change)) {}

Converter::~Converter() = default;  // the thread stops and joins

Result<protocol::ConversionStatus> Converter::start(const ModelEntry& model,
                                                    const protocol::ConvertRequest& request) {
  if (Status name = check_file_name(request.name); !name) return name.error();
  Task task;
  task.model = model.path;
  task.vocabulary = model.vocabulary;
  task.target = home_.models() / path_from_utf8(request.name);
  const Result<OutputFormat> format = output_format_of(task.target);
  if (!format) return format.error();
  if (!request.type.empty()) {
    const Result<gpu::DType> type = parse_conversion_type(request.type);
    if (!type) return type.error();
    if (Status fits = check_can_hold(*format, *type); !fits) return fits.error();
    task.type = *type;
  }
  std::error_code failed;
  if (std::filesystem::exists(task.target, failed)) {
    return Error{ErrorCode::Conflict, "a model named " + request.name + " exists already"};
  }
  task.status.model = model.status.id;
  task.status.name = request.name;
  task.status.type = request.type;
  task.status.state = "running";
  const std::lock_guard starting(start_mutex_);
  std::optional<protocol::ConversionStatus> before;
  {
    const std::lock_guard lock(mutex_);
    if (status_ && status_->state == "running") {
      return Error{ErrorCode::Conflict,
                   "a conversion is running already (" + status_->name + "); wait or cancel it"};
    }
    before = std::exchange(status_, task.status);
  }
  const protocol::ConversionStatus started = task.status;
  auto thread = start_thread(
      [this, task = std::move(task)](const std::stop_token& stop) { run(task, stop); });
  if (!thread) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(before);
    return thread.error();
  }
  thread_ = std::move(*thread);  // joins the one before, which has ended
  return started;
}

void Converter::request_stop() {
  const std::lock_guard starting(start_mutex_);
  thread_.request_stop();
}

void Converter::run(const Task& task, const std::stop_token& stop) {
  protocol::ConversionStatus status = task.status;
  auto shown = std::chrono::steady_clock::now();
  ConversionOptions options;
  options.type = task.type;
  options.vocabulary = task.vocabulary;
  options.tokenizers_dir = home_.tokenizers();
  options.note = [&](const std::string& note) { status.notes.push_back(note); };
  options.progress = [&](const ConversionProgress& progress) {
    status.bytes_done = progress.done_bytes;
    status.bytes_total = progress.total_bytes;
    const auto written = static_cast<double>(progress.done_bytes - progress.kept_bytes);
    const auto left = static_cast<double>(progress.total_bytes - progress.done_bytes);
    status.seconds_left = written > 0 ? left * progress.seconds / written : 0;
    if (std::chrono::steady_clock::now() - shown >= kShowEvery) {
      shown = std::chrono::steady_clock::now();
      show(status);
    }
    return !stop.stop_requested();
  };
  Result<Conversion> done = Error{ErrorCode::Internal, ""};
  try {
    done = convert_checkpoint(task.model, task.target, options);
  } catch (const std::exception& problem) {
    done = Error{ErrorCode::Internal, problem.what()};
  }
  if (done) {
    status.state = "done";
    status.id = path_to_utf8(task.target.stem());
    status.size_bytes = done->bytes_out;
    if (!done->fallbacks.empty()) {
      const Fallback& first = done->fallbacks.front();
      status.notes.push_back(fmt::format(
          "{} of {} tensors are {} instead of {} ({})", done->fallbacks.size(), done->tensors,
          gpu::dtype_name(first.got), gpu::dtype_name(first.wanted), first.reason));
    }
  } else {
    status.state = done.error().code == ErrorCode::Cancelled ? "cancelled" : "failed";
    status.error = done.error().message;
  }
  show(status);
}

void Converter::show(const protocol::ConversionStatus& status) {
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  on_change_(status);
}

Status Converter::cancel() {
  const std::lock_guard starting(start_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (!status_ || status_->state != "running") {
      return Error{ErrorCode::NotFound, "no conversion is running"};
    }
  }
  thread_.request_stop();
  return {};
}

std::optional<protocol::ConversionStatus> Converter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace greylag
