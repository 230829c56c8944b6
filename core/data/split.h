// SPDX-License-Identifier: Apache-2.0
// What is held back for validation? Whole rows or documents, chosen by a shuffle; those that are
// equal stay on one side, or the validation loss would measure what was learned by heart.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/dataset.h"

namespace greylag {

// The windows of one row or document; at least one.
struct SplitUnit {
  std::vector<Sample> windows;
  uint64_t identity = 0;  // equal for equal ones
};

// Fills dataset.train and dataset.validation, both in file order. Rows count as one each, documents
// of plain text (is_text) by their windows. Of a text without a document that is small enough, the
// tail of the last one that is not repeated is held back.
void split_units(std::vector<SplitUnit>&& units, bool is_text, const DatasetOptions& options,
                 Dataset& dataset);

}  // namespace greylag
