// SPDX-License-Identifier: Apache-2.0
// greylag-engine demo: the main job in a terminal. Asks the built-in model, finetunes it on the
// sample data while a bar moves, asks again, all through the engine's own port. No network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/cli/commands.h"
#include "core/cli/demo_client.h"
#include "core/cli/interrupt.h"
#include "core/cli/loss_curve.h"
#include "core/cli/output.h"
#include "core/server/engine.h"
#include "core/server/run_supervisor.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
constexpr const char* kQuestions[] = {"What is Greylag?", "Who are you?", "How are you?"};
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::chrono::seconds kStartTime{60};  // for the trainer's first sign of life

struct DemoOptions {
  int64_t steps = 120;
};

struct Demo {
  const CommandContext& context;
  DemoOptions options;
  Home home;
  fs::path model, data;
  std::unique_ptr<Engine> engine;
  std::string token;
  std::ostream& out;  // stderr with --json
  std::vector<DemoAnswer> before, after;
  protocol::RunStatus run;
  std::vector<double> losses;
  double seconds = 0;
};

Result<fs::path> sample_data() {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(resource_dir() / "samples", failed)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  if (files.empty()) return Error{ErrorCode::NotFound, "the sample data is missing"};
  return *std::min_element(files.begin(), files.end());
}

Status prepare(Demo& demo) {
  const auto model = builtin_model();
  if (!model) return Error{ErrorCode::NotFound, "the built-in model is missing from this build"};
  demo.model = *model;
  std::error_code failed;
  if (!fs::exists(default_trainer(), failed)) {
    return Error{ErrorCode::NotFound,
                 "greylag-train is missing beside greylag-engine; build it "
                 "with ./dev build, or install the whole program"};
  }
  auto data = sample_data();
  if (!data) return data.error();
  demo.data = std::move(*data);
  auto home = Home::open(demo.context.home);
  if (!home) return home.error();
  demo.home = std::move(*home);
  EngineOptions options;
  options.home = demo.home;
  options.port = 0;
  options.device = demo.context.device_choice();
  options.threads = demo.context.threads;
  options.trainer = default_trainer();
  auto engine = Engine::start(std::move(options));
  if (!engine) return engine.error();
  demo.engine = std::move(*engine);
  const auto token = read_text_file(path_from_utf8(demo.engine->handshake().token_file), 4096);
  if (!token) return token.error();
  demo.token = token->substr(0, token->find('\n'));
  return {};
}

Result<std::vector<DemoAnswer>> ask_all(const Demo& demo, const std::string& adapter) {
  std::vector<DemoAnswer> answers;
  for (const char* question : kQuestions) {
    auto answer = ask_server(demo.engine->handshake().port, demo.token,
                             path_to_utf8(demo.model.stem()), adapter, question);
    if (!answer) return answer.error();
    answers.push_back(std::move(*answer));
  }
  return answers;
}

void show_progress(Demo& demo, bool is_terminal) {
  const auto& run = demo.run;
  const double share = static_cast<double>(run.step) / static_cast<double>(run.config.steps);
  const std::string line = fmt::format(
      "  {} step {}/{}  loss {:.3f}  {:.0f} tokens/s  {:.0f} s left", draw_bar(share, 30), run.step,
      run.config.steps, run.loss, run.tokens_per_second, run.seconds_left);
  if (is_terminal) {
    demo.out << "\r\x1b[K" << line << std::flush;
  } else {
    demo.out << line << '\n';
  }
}

// Follows the run until its trainer has ended. Ctrl+C stops the trainer and keeps what it has.
Status follow(Demo& demo, const RunSupervisor& runs) {
  const bool is_terminal = !demo.context.is_json && platform::is_terminal(1);
  const InterruptGuard interrupt(InterruptGuard::At::Generation);
  const auto started = std::chrono::steady_clock::now();
  int64_t shown_tenth = -1;
  while (true) {
    std::this_thread::sleep_for(kLookEvery);
    const auto status = runs.status(demo.run.id);
    if (!status) return status.error();
    demo.run = *status;
    if (interrupt.is_interrupted()) {
      if (const auto stopped = runs.control(demo.run.id, "stop"); !stopped) return stopped.error();
      return Error{ErrorCode::Cancelled, "interrupted"};
    }
    const int64_t tenth = demo.run.step * 10 / std::max<int64_t>(demo.run.config.steps, 1);
    if (demo.run.step > 0 && (is_terminal || tenth != shown_tenth)) {
      show_progress(demo, is_terminal);
      shown_tenth = tenth;
    }
    const std::string& state = demo.run.state;
    if (state == "finished" || state == "stopped") break;
    const bool is_silent =
        demo.run.step == 0 && std::chrono::steady_clock::now() - started > kStartTime;
    if (state == "failed" || state == "interrupted" || (is_silent && state == "starting")) {
      return Error{ErrorCode::Internal,
                   "the finetune failed: " + (demo.run.error.empty() ? state : demo.run.error)};
    }
  }
  if (is_terminal) demo.out << '\n';
  return {};
}

Status finetune(Demo& demo) {
  ModelLibrary models(demo.home, {}, {});
  const RunSupervisor runs(demo.home, models, default_trainer());
  protocol::RunConfig config;
  config.name = "demo";
  config.model = path_to_utf8(demo.model);
  config.data = path_to_utf8(demo.data);
  config.method = "lora";
  config.steps = demo.options.steps;
  config.lr = 4e-3;
  config.batch = 8;
  config.context = 256;
  config.rank = 16;
  config.validate_every = 0;
  config.save_every = demo.options.steps;
  config.threads = demo.context.threads;
  const auto started = std::chrono::steady_clock::now();
  auto run = runs.start(config);
  if (!run) return run.error();
  demo.run = std::move(*run);
  if (Status followed = follow(demo, runs); !followed) return followed;
  demo.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const auto folder = runs.open(demo.run.id);
  if (!folder) return folder.error();
  for (const auto& metric : folder->metrics(0).metrics) demo.losses.push_back(metric.loss);
  if (demo.losses.empty() || demo.run.checkpoints.empty()) {
    return Error{ErrorCode::Internal, "the finetune left no result"};
  }
  return {};
}

double chat_speed(const Demo& demo) {
  double best = 0;
  for (const DemoAnswer& answer : demo.after) best = std::max(best, answer.tokens_per_second);
  return best;
}

std::string adapter_id(const Demo& demo) {
  return fmt::format("{}@{}", demo.run.id, demo.run.checkpoints.back().step);
}

void print_answers(const Demo& demo) {
  demo.out << "\nThe same questions, before and after:\n";
  for (size_t i = 0; i < demo.after.size(); ++i) {
    demo.out << fmt::format("\n  {}\n    before  {}\n    after   {}\n", kQuestions[i],
                            demo.before[i].text, demo.after[i].text);
  }
  const int port = demo.engine->handshake().port;
  demo.out << fmt::format(
      "\nAll answers came over http://127.0.0.1:{}/v1/chat/completions at up to {:.0f} tokens/s.\n"
      "The adapter is kept as {}. Serve it: greylag-engine serve, then\n"
      "  curl http://127.0.0.1:17777/v1/chat/completions -H \"Authorization: Bearer $(cat {})\" "
      "\\\n"
      "    -H 'Content-Type: application/json' \\\n"
      "    -d '{{\"adapter\":\"{}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n"
      "For the window, run greylag (or ./dev run) in a desktop session.\n",
      port, chat_speed(demo), adapter_id(demo), path_to_utf8(demo.home.api_token()),
      adapter_id(demo));
}

nlohmann::ordered_json summary(const Demo& demo) {
  nlohmann::ordered_json questions = nlohmann::ordered_json::array();
  for (size_t i = 0; i < demo.after.size(); ++i) {
    questions.push_back({{"question", kQuestions[i]},
                         {"before", demo.before[i].text},
                         {"after", demo.after[i].text}});
  }
  return {{"model", path_to_utf8(demo.model.stem())},
          {"run", demo.run.id},
          {"adapter", adapter_id(demo)},
          {"steps", demo.run.step},
          {"loss_before", demo.losses.front()},
          {"loss_after", demo.losses.back()},
          {"seconds", demo.seconds},
          {"training_tokens_per_second", demo.run.tokens_per_second},
          {"chat_tokens_per_second", chat_speed(demo)},
          {"port", demo.engine->handshake().port},
          {"questions", std::move(questions)}};
}

int run_demo(const CommandContext& context, const DemoOptions& options) {
  Demo demo{.context = context,
            .options = options,
            .home = {},
            .model = {},
            .data = {},
            .engine = nullptr,
            .token = {},
            .out = context.is_json ? std::cerr : std::cout,
            .before = {},
            .after = {},
            .run = {},
            .losses = {}};
  if (Status prepared = prepare(demo); !prepared) return fail(context, prepared.error());
  demo.out << fmt::format("Model {}, data {}. Asking the model as it is …\n",
                          path_to_utf8(demo.model.stem()), path_to_utf8(demo.data.filename()));
  auto before = ask_all(demo, {});
  if (!before) return fail(context, before.error());
  demo.before = std::move(*before);
  demo.out << fmt::format("Finetuning for {} steps …\n", options.steps) << std::flush;
  if (Status tuned = finetune(demo); !tuned) return fail(context, tuned.error());
  demo.out << fmt::format("\nLoss over {} steps ({:.0f} s):\n", demo.losses.size(), demo.seconds)
           << draw_curve(demo.losses, 60, 8);
  auto after = ask_all(demo, adapter_id(demo));
  if (!after) return fail(context, after.error());
  demo.after = std::move(*after);
  print_answers(demo);
  if (context.is_json) print_json(summary(demo));
  return 0;
}

}  // namespace

void add_demo_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<DemoOptions>();
  CLI::App* command =
      app.add_subcommand("demo", "finetune the built-in model and chat with it, in the terminal");
  command->add_option("--steps", options->steps, "optimizer steps")->check(CLI::Range(1, 100000));
  command->callback([options, &context] {
    context.action = [options, &context] { return run_demo(context, *options); };
  });
}

}  // namespace greylag
