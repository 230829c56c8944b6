// SPDX-License-Identifier: Apache-2.0
#include "core/server/unsupported_fields.h"

#include <fmt/format.h>

#include <string>

namespace greylag {
namespace {

using nlohmann::json;

// The values that switch a field off, beside null.
enum class Off { Empty, Zero, One };

struct UnsupportedField {
  const char* name;
  Off off;
};

constexpr UnsupportedField kFields[] = {
    // Answers of a given form.
    {"grammar", Off::Empty},
    {"json_schema", Off::Empty},
    {"bnf_schema", Off::Empty},
    {"ebnf", Off::Empty},
    {"regex", Off::Empty},
    {"guided_json", Off::Empty},
    {"guided_regex", Off::Empty},
    {"guided_choice", Off::Empty},
    {"guided_grammar", Off::Empty},
    {"structured_outputs", Off::Empty},
    // Other senses.
    {"audio", Off::Empty},
    {"web_search_options", Off::Empty},
    // Tokens that may not come.
    {"allowed_token_ids", Off::Empty},
    {"bad_words", Off::Empty},
    {"banned_tokens", Off::Empty},
    {"ignore_eos", Off::Empty},
    {"min_tokens", Off::Zero},
    // Samplers of llama.cpp, vLLM and text-generation-webui.
    {"typical_p", Off::One},
    {"typical", Off::One},
    {"tfs", Off::One},
    {"tfs_z", Off::One},
    {"top_a", Off::Zero},
    {"top_n_sigma", Off::Zero},
    {"mirostat", Off::Zero},
    {"mirostat_mode", Off::Zero},
    {"dry_multiplier", Off::Zero},
    {"xtc_probability", Off::Zero},
    {"dynatemp_range", Off::Zero},
    {"smoothing_factor", Off::Zero},
    {"epsilon_cutoff", Off::Zero},
    {"eta_cutoff", Off::Zero},
    {"repeat_penalty", Off::One},
    {"repetition_penalty", Off::One},
    {"no_repeat_ngram_size", Off::Zero},
    {"guidance_scale", Off::One},
    {"use_beam_search", Off::Empty},
};

bool is_empty(const json& value) {
  return value == false || value == "" || (value.is_array() && value.empty());
}

bool is_off(const json& value, Off off) {
  switch (off) {
    case Off::Empty:
      return is_empty(value);
    case Off::Zero:
      return value == false || (value.is_number() && value.get<double>() <= 0);
    case Off::One:
      return value.is_number() && value.get<double>() == 1;
  }
  return false;
}

const char* advice(Off off) {
  switch (off) {
    case Off::Empty:
      return "leave it out";
    case Off::Zero:
      return "leave it out or send 0";
    case Off::One:
      return "leave it out or send 1";
  }
  return "";
}

// `list` holds the functions, `choice` says whether the model may, must or must not call them.
void refuse_calls(FieldReader& fields, const char* list, const char* choice) {
  const json* how = fields.find(choice);
  if (how != nullptr && *how == "none") return;
  if (how != nullptr && *how != "auto") {
    fields.refuse(choice,
                  fmt::format("{} can only be none or auto: calls are not supported", choice));
  }
  const json* functions = fields.find(list);
  if (functions == nullptr || is_empty(*functions)) return;
  fields.refuse(
      list, fmt::format("{} are not supported: leave them out, or send {} \"none\"", list, choice));
}

}  // namespace

void refuse_unsupported(FieldReader& fields) {
  refuse_calls(fields, "tools", "tool_choice");
  refuse_calls(fields, "functions", "function_call");
  if (const json* format = fields.find("response_format")) {
    if (!format->is_object() || format->value("type", json()) != "text") {
      fields.refuse("response_format", "only response_format {\"type\":\"text\"} is supported");
    }
  }
  if (const json* modalities = fields.find("modalities")) {
    if (!is_empty(*modalities) && *modalities != json::array({"text"})) {
      fields.refuse("modalities", "only text answers are supported");
    }
  }
  for (const UnsupportedField& field : kFields) {
    const json* value = fields.find(field.name);
    if (value == nullptr || is_off(*value, field.off)) continue;
    fields.refuse(field.name,
                  fmt::format("{} is not supported; {}", field.name, advice(field.off)));
  }
}

}  // namespace greylag
