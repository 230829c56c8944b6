// SPDX-License-Identifier: Apache-2.0
#include "core/cli/conversion_report.h"

#include <memory>

#include "core/cli/direct_model.h"
#include "core/cli/generation.h"
#include "core/infer/file_context.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

Result<std::shared_ptr<const Weights>> load(const std::filesystem::path& path,
                                            gpu::Device& device) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return in_file(reader.error(), path);
  Result<std::shared_ptr<const Weights>> weights = Weights::load(**reader, device);
  if (!weights) return in_file(weights.error(), path);
  return weights;
}

}  // namespace

Result<QualityReport> report_conversion(const CommandContext& context,
                                        const std::filesystem::path& source,
                                        const std::filesystem::path& result,
                                        const std::optional<std::filesystem::path>& vocabulary,
                                        const std::string& text,
                                        const std::function<bool(int64_t, int64_t)>& progress) {
  const Result<std::shared_ptr<gpu::Device>> device = open_device(context);
  if (!device) return device.error();
  const Result<std::shared_ptr<const Weights>> before = load(source, **device);
  if (!before) return before.error();
  const Result<std::shared_ptr<const Weights>> after = load(result, **device);
  if (!after) return after.error();
  const Result<std::shared_ptr<const Tokenizer>> tokenizer =
      choose_tokenizer((*before)->config.vocab, source, vocabulary, tokenizers_dir(context));
  if (!tokenizer) return in_file(tokenizer.error(), vocabulary.value_or(source));
  const std::vector<int32_t> tokens = (*tokenizer)->encode(text);
  return compare_models(*before, *after, **device, tokens, {}, progress);
}

}  // namespace greylag
