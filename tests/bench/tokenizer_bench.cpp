// SPDX-License-Identifier: Apache-2.0
// How fast does World text become tokens?  tokenizer_bench VOCABULARY [PROSE] [rounds]
// Megabytes (10^6) of text per second of CPU time on one thread: each round and the median, of
// prose and of mixed text. VOCABULARY is a World or NeoX file; PROSE any ASCII text.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/tokenizer/tokenizer.h"
#include "tests/core/tokenizer/mixed_text.h"

namespace greylag {
namespace {

// Of the process, which has one thread; on a busy machine fairer than wall time.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void measure(const char* name, const Tokenizer& tokenizer, const std::string& text, int rounds) {
  if (text.empty()) return;
  std::vector<double> speeds;
  size_t tokens = 0;
  std::printf("%-6s %5.1f MB ", name, static_cast<double>(text.size()) / 1e6);
  for (int round = 0; round < rounds; ++round) {
    const double start = cpu_seconds();
    double seconds = 0;
    double megabytes = 0;
    while (seconds < 0.2) {
      tokens = tokenizer.encode(text).size();
      megabytes += static_cast<double>(text.size()) / 1e6;
      seconds = cpu_seconds() - start;
    }
    speeds.push_back(megabytes / seconds);
    std::printf(" %6.1f", speeds.back());
  }
  std::sort(speeds.begin(), speeds.end());
  std::printf("  median %6.1f MB/s, %.2f bytes a token\n", speeds[speeds.size() / 2],
              static_cast<double>(text.size()) / static_cast<double>(tokens));
}

int bench(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "tokenizer_bench VOCABULARY [PROSE] [rounds]\n");
    return 2;
  }
  const auto tokenizer = load_tokenizer(path_from_utf8(arguments[1]));
  if (!tokenizer) {
    std::fprintf(stderr, "%s\n", tokenizer.error().message.c_str());
    return 1;
  }
  std::string prose;
  if (count > 2) {
    auto read = read_text_file(path_from_utf8(arguments[2]), 1u << 30);
    if (!read) {
      std::fprintf(stderr, "%s\n", read.error().message.c_str());
      return 1;
    }
    prose = std::move(*read);
  }
  const int rounds = std::max(1, count > 3 ? std::atoi(arguments[3]) : 7);
  using testing_data::mixed_text;
  using testing_data::MixedBytes;
  measure("prose", **tokenizer, prose, rounds);
  measure("utf-8", **tokenizer, mixed_text(10'000'000, MixedBytes::Utf8, 1, prose), rounds);
  measure("mixed", **tokenizer, mixed_text(10'000'000, MixedBytes::Any, 1, prose), rounds);
  return 0;
}

}  // namespace
}  // namespace greylag

int main(int count, char** arguments) { return greylag::bench(count, arguments); }
