// SPDX-License-Identifier: Apache-2.0
// At which scale does an adapter of Hugging Face's peft library apply? Its matrices do not say; the
// adapter_config.json beside them does. The file is from outside: bounded, and every field that
// changes what the matrices mean is read or refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct PeftConfig {
  enum class Kind { Lora, Miss };  // peft_type LORA; MISS and its older name BONE

  Kind kind = Kind::Lora;
  int64_t rank = 0;    // r
  double alpha = 0;    // lora_alpha; Lora
  int64_t mini_r = 0;  // Miss with init_weights "mini": the columns of D that are stored; else 0
  bool is_rank_stabilized = false;   // use_rslora: alpha / sqrt(r), not alpha / r
  std::vector<std::string> targets;  // target_modules, if it is a list; else empty
  // rank_pattern and alpha_pattern: the first whose name a module's ends in, at a dot, holds for
  // it.
  std::vector<std::pair<std::string, int64_t>> ranks;
  std::vector<std::pair<std::string, double>> alphas;

  // Of a matrix, "blocks.3.att.key".
  int64_t rank_of(std::string_view module) const;
  double scale_of(std::string_view module) const;
  // True: every matrix has the same rank and scale.
  bool is_uniform() const { return ranks.empty() && alphas.empty(); }
  // False: target_modules does not name it, so the config is not this adapter's.
  bool has_target(std::string_view module) const;
};

// BadFile names the field: of another kind than the two, of a variant whose product is not B A
// (DoRA, ...), or out of its range.
Result<PeftConfig> parse_peft_config(std::string_view json);

// Where the config of an adapter lies, if it has one: of mine.pth mine.adapter_config.json, else
// adapter_config.json in its folder, if the file is called adapter_model.* or is the only
// checkpoint there; in the folder, if the adapter is one.
std::optional<std::filesystem::path> find_peft_config(const std::filesystem::path& adapter);
// Of mine.pth mine.adapter_config.json: where a config that is for this file alone goes.
std::filesystem::path own_peft_config(const std::filesystem::path& adapter);

// The config beside an adapter; none: there is no such file. Errors of parse_peft_config, with the
// file's name.
Result<std::optional<PeftConfig>> read_peft_config(const std::filesystem::path& adapter);

// As peft writes it, for a LoRA of one rank and one alpha.
std::string format_peft_config(int64_t rank, double alpha);

}  // namespace greylag
