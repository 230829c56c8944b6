// SPDX-License-Identifier: Apache-2.0
// greylag-engine serve: the local server. The first line of stdout is the hand-shake; then it runs
// until a signal asks (SIGINT, SIGTERM, SIGHUP), POST /engine/shutdown or, with --parent-pipe, the
// end of stdin.
#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <iostream>
#include <memory>
#if defined(_WIN32)
#include <thread>
#else
#include <boost/asio/posix/stream_descriptor.hpp>
#endif

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/cli/commands.h"
#include "core/hub/model_library.h"
#include "core/protocol/codec.h"
#include "core/server/engine.h"
#include "core/server/run_supervisor.h"

namespace greylag {
namespace {

namespace asio = boost::asio;

struct ServeOptions {
  std::optional<int> port;
  std::vector<std::filesystem::path> models, adapters;
  std::optional<double> adapter_alpha;
  std::optional<std::filesystem::path> vocabulary;
  bool ends_with_parent = false;
};

// Calls on_end when stdin ends: the parent holds the other end of that pipe.
class ParentWatch {
 public:
  ParentWatch(asio::io_context& io, std::function<void()> on_end) : on_end_(std::move(on_end)) {
#if defined(_WIN32)
    std::thread([&io, this] {  // a blocking read cannot be cancelled; it ends with the process
      while (std::cin.get() != std::char_traits<char>::eof()) continue;
      asio::post(io, on_end_);
    })
        .detach();
#else
    input_ = std::make_unique<asio::posix::stream_descriptor>(io);
    boost::system::error_code failed;
    input_->assign(0, failed);
    if (failed)
      asio::post(io, on_end_);
    else
      read();
#endif
  }
#if !defined(_WIN32)
  ~ParentWatch() {
    if (input_->is_open()) input_->release();  // stdin is not ours to close
  }
  ParentWatch(const ParentWatch&) = delete;

 private:
  void read() {
    input_->async_read_some(asio::buffer(bytes_), [this](boost::system::error_code error, size_t) {
      if (error == asio::error::operation_aborted) return;
      if (error)
        on_end_();
      else
        read();
    });
  }
  std::unique_ptr<asio::posix::stream_descriptor> input_;
  std::array<char, 256> bytes_{};
#else
 private:
#endif
  std::function<void()> on_end_;
};

// A file named by --model that cannot be used ends the command at once, with the reason.
Status check_models(const std::vector<std::filesystem::path>& models) {
  for (const auto& path : models) {
    const protocol::ModelStatus status = read_model_status(path);
    if (!status.problem.empty()) {
      return Error{ErrorCode::BadFile, path_to_utf8(path) + ": " + status.problem};
    }
  }
  return {};
}

Result<std::unique_ptr<Engine>> start_engine(const CommandContext& context,
                                             const ServeOptions& options) {
  if (Status models = check_models(options.models); !models) return models.error();
  auto home = Home::open(context.home);
  if (!home) return home.error();
  EngineOptions engine;
  engine.home = std::move(*home);
  engine.port = options.port;
  engine.device = context.device;
  engine.threads = context.threads;
  for (const auto& path : options.models) engine.models.push_back(std::filesystem::absolute(path));
  for (const auto& path : options.adapters) {
    engine.adapters.push_back(std::filesystem::absolute(path));
  }
  engine.adapter_alpha = options.adapter_alpha;
  if (options.vocabulary) engine.vocabulary = std::filesystem::absolute(*options.vocabulary);
  engine.trainer = default_trainer();
  return Engine::start(std::move(engine));
}

int serve(const CommandContext& context, const ServeOptions& options) {
  platform::make_new_files_private();  // of HOME; those of its trainers too
  asio::io_context io;
  asio::signal_set signals(io);
  for (const int signal : platform::stop_signals()) signals.add(signal);
  signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
  auto engine = start_engine(context, options);
  if (!engine) return fail(context, engine.error());
  (*engine)->set_on_shutdown([&io] { io.stop(); });
  std::cout << protocol::encode((*engine)->handshake()) << std::endl;
  std::optional<ParentWatch> parent;
  if (options.ends_with_parent) parent.emplace(io, [&io] { io.stop(); });
  io.run();
  engine->reset();
  return 0;
}

}  // namespace

void add_serve_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "answer on a local OpenAI-compatible port");
  command->add_option("--port", options->port, "0 = any free one; default: the setting, 17777")
      ->check(CLI::Range(0, 65535));
  command->add_option("--model", options->models, "checkpoint; may be given several times")
      ->allow_extra_args(false);
  command->add_option("--vocab", options->vocabulary, "vocabulary file or folder");
  command->add_option("--adapter", options->adapters, "adapter; may be given several times")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--hrm", options->adapters,
          "HRM reasoning core (experimental); may be given several times; requests name it")
      ->allow_extra_args(false);
  add_adapter_alpha(*command, options->adapter_alpha);
  command->add_flag("--parent-pipe", options->ends_with_parent, "end when stdin ends");
  command->callback([options, &context] {
    context.action = [options, &context] { return serve(context, *options); };
  });
}

}  // namespace greylag
