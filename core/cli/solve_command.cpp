// SPDX-License-Identifier: Apache-2.0
// greylag-engine solve PUZZLE: solves a Sudoku, a maze or another grid with a puzzle reasoner.
// Shows the answer after each segment, or prints one JSON value.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/home.h"
#include "core/cli/commands.h"
#include "core/cli/interrupt.h"
#include "core/cli/output.h"
#include "core/infer/file_context.h"
#include "core/infer/puzzle_solver.h"

namespace greylag {
namespace {

struct SolveCommandOptions {
  std::optional<std::filesystem::path> model;
  std::string puzzle;
  std::vector<int64_t> cells;
  SolveOptions solve;
};

Result<std::filesystem::path> chosen_reasoner(const SolveCommandOptions& options) {
  if (options.model) return *options.model;
  if (auto builtin = builtin_reasoner()) return *builtin;
  return Error{ErrorCode::NotFound,
               "no puzzle reasoner: give one with --model FILE (this build ships none in " +
                   path_to_utf8(resource_dir() / "models") + ")"};
}

Result<Puzzle> read_puzzle(const PuzzleConfig& config, const SolveCommandOptions& options) {
  if (options.puzzle.empty() == options.cells.empty()) {
    return Error{ErrorCode::InvalidArgument, "give the puzzle either as text or with --cells"};
  }
  return options.cells.empty() ? parse_puzzle(config, options.puzzle)
                               : puzzle_of_cells(config, options.cells);
}

nlohmann::ordered_json step_json(const PuzzleConfig& config, const SolveStep& step) {
  nlohmann::ordered_json out = {{"segment", step.segment},
                                {"candidate", step.candidate},
                                {"text", format_puzzle(config, step.grid)},
                                {"cells", step.grid},
                                {"q", step.q},
                                {"q_probability", step.q_probability},
                                {"changed", step.changed},
                                {"overruled", step.overruled},
                                {"seconds", step.seconds}};
  if (step.has_rules) {
    out["is_solved"] = step.is_solved;
    out["violated"] = step.violated;
  }
  return out;
}

void print_step(const PuzzleConfig& config, const SolveStep& step) {
  std::string line = fmt::format("segment {}: {} changed", step.segment, step.changed.size());
  if (step.has_rules) line += fmt::format(", {} break a rule", step.violated.size());
  if (!step.overruled.empty()) {
    line += fmt::format(", {} given ones kept against the net", step.overruled.size());
  }
  line += fmt::format(", q {:.2f} ({:.0f} %), {:.2f} s", step.q, 100.0 * step.q_probability,
                      step.seconds);
  std::cout << line << '\n' << format_puzzle(config, step.grid) << '\n' << std::flush;
}

std::string verdict(const Solution& solution) {
  const SolveStep& step = solution.step;
  if (step.is_solved) return fmt::format("solved in {} segments", step.segment);
  if (solution.end == SolveEnd::Cancelled) return "stopped before the end";
  if (step.has_rules) return fmt::format("not solved in {} segments", step.segment);
  return fmt::format("ended after {} segments ({})", step.segment, solve_end_name(solution.end));
}

int solve(const CommandContext& context, const SolveCommandOptions& options) {
  const Result<std::filesystem::path> path = chosen_reasoner(options);
  if (!path) return fail(context, path.error());
  const auto solver = PuzzleSolver::load(*path, context.device_choice(), context.cpu_threads());
  if (!solver) return fail(context, in_file(solver.error(), *path));
  const PuzzleConfig& config = (*solver)->config();
  const Result<Puzzle> puzzle = read_puzzle(config, options);
  if (!puzzle) return fail(context, puzzle.error());

  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  const InterruptGuard guard(InterruptGuard::At::Generation);
  const Result<Solution> solution =
      (*solver)->solve(*puzzle, options.solve, [&](const SolveStep& step) {
        if (context.is_json) {
          steps.push_back(step_json(config, step));
        } else {
          print_step(config, step);
        }
        return !guard.is_interrupted() && static_cast<bool>(std::cout);
      });
  if (!solution) return fail(context, solution.error());
  if (context.is_json) {
    nlohmann::ordered_json out = step_json(config, solution->step);
    out["end"] = solve_end_name(solution->end);
    out["steps"] = std::move(steps);
    print_json(out);
  } else {
    std::cout << verdict(*solution) << '\n';
  }
  return solution->end == SolveEnd::Cancelled ? 1 : 0;
}

}  // namespace

void add_solve_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<SolveCommandOptions>();
  CLI::App* command = app.add_subcommand("solve", "solve a puzzle with a puzzle reasoner");
  command->add_option(
      "puzzle", options->puzzle,
      "a Sudoku (\"53..7....\", '.' for blank) or a maze (lines of '#', ' ', S, G)");
  command->add_option("--model", options->model, "puzzle reasoner (default: the built-in one)");
  command->add_option("--cells", options->cells, "the puzzle as tokens, row by row: 1,2,0,...")
      ->delimiter(',');
  command->add_option("--segments", options->solve.segments, "at most this many, 1 to 128");
  command->add_option("--rollouts", options->solve.rollouts,
                      "candidates, 1 to 64; all but the first get noise");
  command->add_option("--seed", options->solve.seed, "of the noise");
  command->add_option("--puzzle-id", options->solve.puzzle_id, "row of the puzzle embedding");
  command->callback([options, &context] {
    context.action = [options, &context] { return solve(context, *options); };
  });
}

}  // namespace greylag
