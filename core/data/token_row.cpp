// SPDX-License-Identifier: Apache-2.0
// Labels may stand at the token they name or, as the decoder reads, at the one before it: the row
// itself shows which. Where neither holds, the answer is the labels alone.
#include "core/data/token_row.h"

#include <algorithm>
#include <string>

#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;
using Ids = std::vector<int32_t>;

constexpr int32_t kEnd = 0;  // end of document, and padding

// Ids of one key; negative ones (-100: not learned) only where may_skip.
Read<Ids> parse_ids(const json& list, const std::string& key, int32_t vocabulary, bool may_skip) {
  const Refusal no_list{RowProblem::BadTokens, "\"" + key + "\" must hold a list of token ids"};
  if (!list.is_array()) return no_list;
  Ids ids;
  for (const json& entry : list) {
    if (!entry.is_number_integer()) return no_list;
    const auto id = entry.get<int64_t>();
    if (id < 0 && may_skip) {
      ids.push_back(-1);
      continue;
    }
    if (id < 0 || id >= vocabulary) {
      return Refusal{RowProblem::BadTokens,
                     "\"" + key + "\" holds the token " + std::to_string(id) +
                         ", which the model's vocabulary does not have: the file was made with "
                         "another vocabulary"};
    }
    ids.push_back(static_cast<int32_t>(id));
  }
  return ids;
}

const char* first_key(const RowFields& row, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (row.has(key)) return key;
  }
  return nullptr;
}

bool ends_with(const Ids& ids, const Ids& end) {
  return ids.size() >= end.size() && std::equal(end.rbegin(), end.rend(), ids.rbegin());
}

// Labels of padding: of a run of end marks at the end, the first alone is an answer's.
void drop_padding(Ids& labels) {
  while (!labels.empty() && labels.back() < 0) labels.pop_back();
  while (labels.size() >= 2 && labels.back() == kEnd && labels[labels.size() - 2] == kEnd) {
    labels.pop_back();
  }
}

class TokenRow {
 public:
  TokenRow(Ids encoder, Ids decoder, Ids labels)
      : encoder_(std::move(encoder)), decoder_(std::move(decoder)), labels_(std::move(labels)) {
    while (!encoder_.empty() && encoder_.back() == kEnd) encoder_.pop_back();
    drop_padding(labels_);
    for (size_t t = 0; t < labels_.size(); ++t) {
      if (labels_[t] >= 0) learned_.push_back(t);
    }
  }

  bool has_answer() const { return !learned_.empty(); }

  Sample stream() const {
    Sample sample;
    if (is_aligned(1)) {
      append(sample, decoder_, labels_.size());
      sample.tokens.push_back(labels_.back());
      sample.learned.push_back(0);
      for (const size_t t : learned_) sample.learned[t + 1] = 1;
    } else if (is_aligned(0)) {
      append(sample, decoder_, labels_.size());
      for (const size_t t : learned_) sample.learned[t] = 1;
    } else {
      append(sample, decoder_, std::min(common_prefix(decoder_), learned_.front()));
      for (const size_t t : learned_) {
        sample.tokens.push_back(labels_[t]);
        sample.learned.push_back(1);
      }
    }
    return with_question(std::move(sample));
  }

 private:
  static void append(Sample& sample, const Ids& ids, size_t count) {
    count = std::min(count, ids.size());
    sample.tokens.insert(sample.tokens.end(), ids.begin(),
                         ids.begin() + static_cast<ptrdiff_t>(count));
    sample.learned.resize(sample.tokens.size());
  }

  // Whether every label is the decoder's token `shift` places on. With shift 1 the last one has
  // nothing but padding after it.
  bool is_aligned(size_t shift) const {
    if (labels_.size() > decoder_.size()) return false;
    for (const size_t t : learned_) {
      if (shift == 1 && t + 1 == labels_.size()) continue;
      if (decoder_[t + shift] != labels_[t]) return false;
    }
    // One label alone would fit any shift.
    return shift == 0 || learned_.size() > 1 || decoder_[learned_.front()] != labels_.back();
  }

  size_t common_prefix(const Ids& ids) const {
    const auto end = std::mismatch(encoder_.begin(), encoder_.end(), ids.begin(), ids.end());
    return static_cast<size_t>(end.first - encoder_.begin());
  }

  // An encoder that read something else than the decoder, and not the answer, read the question.
  Sample with_question(Sample sample) const {
    Ids answer;
    for (const size_t t : learned_) answer.push_back(labels_[t]);
    if (answer.size() > 1 && answer.back() == kEnd) answer.pop_back();
    const Ids behind_first(sample.tokens.begin() + 1, sample.tokens.end());
    if (encoder_.empty() || common_prefix(sample.tokens) > 0 || common_prefix(behind_first) > 0 ||
        ends_with(encoder_, answer)) {
      return sample;
    }
    if (answer.size() > 1) {
      answer.pop_back();
      if (ends_with(encoder_, answer)) return sample;
    }
    sample.tokens.insert(sample.tokens.begin(), encoder_.begin(), encoder_.end());
    sample.learned.insert(sample.learned.begin(), encoder_.size(), 0);
    return sample;
  }

  Ids encoder_, decoder_, labels_;
  std::vector<size_t> learned_;  // places of labels_
};

}  // namespace

bool is_token_row(const RowFields& row) {
  return first_key(row, {"encoder_ids", "input_ids"}) != nullptr &&
         first_key(row, {"messages", "instruction", "text"}) == nullptr;
}

Read<Sample> read_token_row(RowFields& row, int32_t vocabulary) {
  const char* const source = first_key(row, {"encoder_ids", "input_ids"});
  const char* const wanted = first_key(row, {"labels", "targets"});
  if (wanted == nullptr) {
    return Refusal{RowProblem::NoKnownKey,
                   "has token ids but neither \"labels\" nor \"targets\" to learn"};
  }
  const char* const decoder = row.has("decoder_input_ids") ? "decoder_input_ids" : source;
  Ids ids[3];
  const char* const keys[] = {source, decoder, wanted};
  for (size_t i = 0; i < 3; ++i) {
    Read<Ids> parsed = parse_ids(*row.take(keys[i]), keys[i], vocabulary, i == 2);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) return std::move(*refusal);
    ids[i] = std::move(std::get<Ids>(parsed));
  }
  const TokenRow tokens(std::move(ids[0]), std::move(ids[1]), std::move(ids[2]));
  if (!tokens.has_answer()) {
    return Refusal{RowProblem::EmptyAnswer,
                   std::string("every entry of \"") + wanted + "\" is masked: nothing to learn"};
  }
  return tokens.stream();
}

std::vector<PromptSpan> token_spans(const Sample& sample, const Tokenizer& tokenizer) {
  std::vector<PromptSpan> spans;
  size_t begin = 0;
  for (size_t end = 1; end <= sample.tokens.size(); ++end) {
    if (end < sample.tokens.size() && sample.learned[end] == sample.learned[begin]) continue;
    Utf8Stream stream;
    std::string text =
        stream.push(tokenizer.decode(std::span(sample.tokens).subspan(begin, end - begin)));
    text += stream.finish();
    spans.push_back({std::move(text), sample.learned[begin] != 0});
    begin = end;
  }
  return spans;
}

}  // namespace greylag
