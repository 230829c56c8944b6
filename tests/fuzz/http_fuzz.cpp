// SPDX-License-Identifier: Apache-2.0
// What anybody on this machine may send before it has shown a token: heads, bodies, chunks,
// pipelined requests. The first byte says in which pieces they arrive; the pieces change nothing.
#include <cstdlib>
#include <string>
#include <vector>

#include "core/server/request_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using greylag::RequestReader;
using Step = RequestReader::Step;

constexpr uint32_t kHeadLimit = 1024;
constexpr uint64_t kBodyLimit = 512;

void require(bool is_true) {
  if (!is_true) std::abort();
}

// One line for each request, then how it ended.
std::string read_all(std::string_view bytes, size_t piece) {
  RequestReader reader(kHeadLimit);
  std::string outcome;
  while (!bytes.empty()) {
    const size_t count = std::min(piece, bytes.size());
    reader.push(bytes.substr(0, count));
    bytes.remove_prefix(count);
    Step step = Step::NeedsMore;
    while ((step = reader.next()) != Step::NeedsMore) {
      if (step == Step::Refused) {
        require(reader.refusal().status >= 400 && reader.buffered_bytes() == 0);
        return outcome + "refused " + std::to_string(reader.refusal().status);
      }
      if (step == Step::Head) {
        require(!reader.request().method.empty() && reader.request().body.empty());
        reader.set_body_limit(kBodyLimit);
        continue;
      }
      const greylag::HttpRequest& request = reader.request();
      require(request.body.size() <= kBodyLimit);
      outcome += request.method + " " + request.target + " " +
                 std::to_string(request.headers.size()) + " " + request.body + "\n";
    }
    require(reader.buffered_bytes() <= kHeadLimit + piece);
    require(reader.body_bytes() <= kBodyLimit);
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view text = greylag::fuzz::as_text(bytes + 1, size - 1);
  const std::string whole = read_all(text, 1 + bytes[0] % 64);
  require(whole == read_all(text, 1));
  return 0;
}
