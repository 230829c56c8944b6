// SPDX-License-Identifier: Apache-2.0
// How does text from a file get into an error message, and when is it accepted as a name? Valid
// UTF-8 only; messages show printable ASCII, cut short.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

// Strict: no overlong forms, surrogates or code points beyond U+10FFFF.
bool is_valid_utf8(std::string_view text);

// For messages: other characters become '?', at most 120 characters.
std::string printable(std::string_view text);

// A tensor's name: 1..1024 bytes of UTF-8 without control characters.
bool is_valid_tensor_name(std::string_view name);

// The name without what wrappers put in front, in any order and number: "_forward_module."
// (Lightning, DeepSpeed), "base_model.model." (the peft library), "model.", "module." (data
// parallel),
// "_orig_mod." (torch.compile), "rwkv.".
std::string_view strip_name_prefix(std::string_view name);

inline Error bad_file(std::string message) { return {ErrorCode::BadFile, std::move(message)}; }

}  // namespace greylag
