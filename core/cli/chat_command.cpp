// SPDX-License-Identifier: Apache-2.0
// greylag-engine chat: a conversation in the terminal. Reads lines from stdin; streams answers.
// /new starts over, /quit (or end of input) leaves, Ctrl+C stops an answer.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/platform.h"
#include "core/cli/commands.h"
#include "core/cli/generation.h"
#include "core/cli/interrupt.h"
#include "core/cli/output.h"
#include "core/prompt/chat_prompt.h"

namespace greylag {
namespace {

struct ChatOptions {
  GenerationOptions generation;
  std::string system;
};

// Prints an answer from its first word on (answer_in).
class AnswerPrinter {
 public:
  explicit AnswerPrinter(std::ostream& out) : out_(out) {}
  void add(const std::string& text) {
    const bool is_first = answer_.empty();
    lead_ += is_first ? text : "";
    if (clean_answer(lead_).empty()) return;
    const std::string_view rest = is_first ? answer_in(lead_) : text;
    answer_ += rest;
    out_ << rest << std::flush;
  }
  const std::string& answer() const { return answer_; }

 private:
  std::ostream& out_;
  std::string lead_;  // up to the first word
  std::string answer_;
};

class Chat {
 public:
  Chat(const CommandContext& context, const ChatOptions& options, LoadedModel model)
      : context_(context),
        options_(options),
        model_(std::move(model)),
        out_(context.is_json ? std::cerr : std::cout) {
    start_over();
  }

  int run() {
    if (platform::is_terminal(0)) {
      out_ << model_.host->id() << " on " << context_.device_choice()
           << ". /new starts over, /quit leaves, Ctrl+C stops an answer." << std::endl;
    }
    while (std::optional<std::string> line = read_line()) {
      if (*line == "/quit") break;
      if (*line == "/new") {
        start_over();
      } else if (!clean_message(*line).empty()) {
        if (const Status status = answer(*line); !status) return fail(context_, status.error());
      }
    }
    if (context_.is_json) print_messages();
    return 0;
  }

 private:
  void start_over() {
    messages_.clear();
    if (!options_.system.empty()) messages_.push_back({Role::System, options_.system});
  }

  // Without what Windows programs write around lines: \r before \n, a byte order mark first.
  std::optional<std::string> read_line() {
    const InterruptGuard guard(InterruptGuard::At::Prompt);
    if (platform::is_terminal(0)) out_ << "> " << std::flush;
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (std::exchange(is_first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }

  Status answer(const std::string& question) {
    messages_.push_back({Role::User, question});
    GenerationRequest request = make_request(model_, options_.generation);
    request.prompt = model_.host->tokenizer().encode(chat_prompt(messages_));
    request.stops.assign(chat_stops().begin(), chat_stops().end());
    const InterruptGuard guard(InterruptGuard::At::Generation);
    AnswerPrinter printer(out_);
    const Result<GenerationResult> result =
        generate(model_.host->scheduler(), std::move(request), [&](const GenerationEvent& event) {
          printer.add(event.text);
          return !guard.is_interrupted();
        });
    out_ << std::endl;
    if (!result) return result.error();
    messages_.push_back({Role::Assistant, printer.answer()});
    return {};
  }

  void print_messages() const {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const ChatMessage& message : messages_) {
      const char* role = message.role == Role::System ? "system"
                         : message.role == Role::User ? "user"
                                                      : "assistant";
      list.push_back({{"role", role}, {"content", message.text}});
    }
    print_json({{"messages", list}});
  }

  const CommandContext& context_;
  const ChatOptions& options_;
  LoadedModel model_;
  std::ostream& out_;
  std::vector<ChatMessage> messages_;
  bool is_first_line_ = true;
};

int chat(const CommandContext& context, const ChatOptions& options) {
  Result<LoadedModel> model = load_model(context, options.generation.model);
  if (!model) return fail(context, model.error());
  return Chat(context, options, std::move(model).value()).run();
}

}  // namespace

void add_chat_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<ChatOptions>();
  options->generation.max_tokens = 1024;
  CLI::App* command = app.add_subcommand("chat", "talk with a model in the terminal");
  add_generation_options(*command, options->generation);
  command->add_option("--system", options->system, "what the model is told first");
  command->callback([options, &context] {
    context.action = [options, &context] { return chat(context, *options); };
  });
}

}  // namespace greylag
