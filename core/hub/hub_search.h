// SPDX-License-Identifier: Apache-2.0
// What does a model hub have? Repositories by words, and the model files of one, from Hugging
// Face's API (/api/models, /api/models/OWNER/NAME/tree) and hosts that answer as it does. What a
// host says is only shown: a download is held against a SHA-256 like any other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/protocol/engine.h"

namespace greylag {

// Asked in turn until one answers; "https://…" without a slash at the end.
std::vector<std::string> default_hubs();

// Errors of both: those of http_fetch_text, of the first host when none answers; BadFile when the
// answer is none. should_stop is asked about ten times a second.

// The most downloaded repositories first, at most 50. InvalidArgument when there are no words.
Result<protocol::HubRepositoryList> search_hub(const std::vector<std::string>& hubs,
                                               const std::string& words,
                                               const std::function<bool()>& should_stop);

// Files of the branch main whose names end as models do and whose SHA-256 the hub knows, the
// smallest first; at most the first 1,000 entries of the repository are looked at. repository:
// OWNER/NAME, else InvalidArgument.
Result<protocol::HubFileList> list_hub_files(const std::vector<std::string>& hubs,
                                             const std::string& repository, const Home& home,
                                             const std::function<bool()>& should_stop);

}  // namespace greylag
