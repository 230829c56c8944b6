// SPDX-License-Identifier: Apache-2.0
// Bytes of a connection become requests, whatever their pieces, and nothing is gathered without
// bound.
#include "core/server/request_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace greylag {
namespace {

using Step = RequestReader::Step;
constexpr uint64_t kBodyLimit = 4096;

struct Outcome {
  std::vector<HttpRequest> requests;
  int refused = 0;  // status; 0: not refused
  size_t gathered = 0;
};

// Everything that `bytes` hold, given `piece` bytes at a time.
Outcome read_all(std::string_view bytes, size_t piece = SIZE_MAX, uint64_t limit = kBodyLimit) {
  RequestReader reader(8192);
  Outcome outcome;
  while (!bytes.empty() && outcome.refused == 0) {
    const size_t count = std::min(piece, bytes.size());
    reader.push(bytes.substr(0, count));
    bytes.remove_prefix(count);
    Step step = Step::NeedsMore;
    while ((step = reader.next()) != Step::NeedsMore && step != Step::Refused) {
      if (step == Step::Head) reader.set_body_limit(limit);
      if (step == Step::Body) outcome.requests.push_back(std::move(reader.request()));
    }
    if (step == Step::Refused) outcome.refused = reader.refusal().status;
    outcome.gathered = std::max(outcome.gathered, reader.buffered_bytes() + reader.body_bytes());
  }
  return outcome;
}

// The outcome, the same for whole input and single bytes.
Outcome read_any_way(const std::string& bytes) {
  Outcome whole = read_all(bytes);
  const Outcome single = read_all(bytes, 1);
  EXPECT_EQ(whole.refused, single.refused) << bytes.substr(0, 200);
  EXPECT_EQ(whole.requests.size(), single.requests.size()) << bytes.substr(0, 200);
  for (size_t i = 0; i < std::min(whole.requests.size(), single.requests.size()); ++i) {
    EXPECT_EQ(whole.requests[i].body, single.requests[i].body);
    EXPECT_EQ(whole.requests[i].target, single.requests[i].target);
  }
  return whole;
}

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kChunkedHead =
    "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string post(const std::string& body) {
  return "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(RequestReader, ReadsAHead) {
  const Outcome outcome = read_any_way(kGet);
  ASSERT_EQ(outcome.requests.size(), 1u);
  const HttpRequest& request = outcome.requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b=c");
  EXPECT_EQ(request.header("host"), "x");
}

TEST(RequestReader, ReadsBodiesAndWhatFollowsThem) {
  const std::string chunked =
      kChunkedHead + "5;note=\"a b\"\r\nhello\r\n6 ; x\r\n world\r\n0\r\nSum: 1\r\n\r\n";
  const Outcome outcome = read_any_way(post("one") + chunked + kGet + post("") + post("last"));
  ASSERT_EQ(outcome.requests.size(), 5u);
  EXPECT_EQ(outcome.requests[0].body, "one");
  EXPECT_EQ(outcome.requests[1].body, "hello world");
  EXPECT_EQ(outcome.requests[1].header_count("sum"), 0u) << "trailers are no headers";
  EXPECT_EQ(outcome.requests[2].path, "/a");
  EXPECT_EQ(outcome.requests[4].body, "last");
}

TEST(RequestReader, IgnoresAFewEmptyLinesBeforeARequest) {
  EXPECT_EQ(read_any_way("\r\n\r\n" + kGet + "\r\n" + kGet).requests.size(), 2u);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "\r\n";
  EXPECT_EQ(read_any_way(many + kGet).refused, 400);
}

TEST(RequestReader, RefusesWhatCouldBeReadInTwoWays) {
  const std::string start = "POST /p HTTP/1.1\r\nHost: x\r\n";
  for (const char* fields : {
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Content-Length: 2\r\nContent-Length: 3\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: +2\r\n",
           "Content-Length: 0x2\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding:\r\n",
           "Name with blank: 1\r\n",
           ": nameless\r\n",
           "Nul: a\0b\r\n",
       }) {
    EXPECT_EQ(read_any_way(start + fields + "\r\n0\r\n\r\n").refused, 400) << fields;
  }
  EXPECT_EQ(read_any_way(start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n").refused, 501);
  EXPECT_EQ(read_any_way("POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").refused,
            400);
  EXPECT_EQ(read_any_way("GET / HTTP/1.9\r\n\r\n").refused, 505);
  EXPECT_EQ(read_any_way("GET / HTTP/2.0\r\n\r\n").refused, 505);
  EXPECT_EQ(read_any_way("NONSENSE\r\n\r\n").refused, 400);
  EXPECT_EQ(read_any_way("GET / HTTP/1.1\nHost: x\n\n").refused, 400);
}

TEST(RequestReader, RefusesMalformedChunks) {
  for (const char* chunks :
       {"zz\r\n", "-1\r\n", "\r\n", "2\r\n{}0\r\n\r\n", "2\n{}\n0\n\n", "1 2\r\n", "1\tx\r\n",
        "00000000000000001\r\n", "5\r\n{}\r\n0\r\n\r\n", "1\r\na\n", "0\r\nno colon\r\n\r\n",
        "0\r\n: x\r\n\r\n", "0\r\na b: x\r\n\r\n", "0\r\na: \x01\r\n\r\n", "1;\x7f\r\n"}) {
    EXPECT_EQ(read_any_way(kChunkedHead + chunks).refused, 400) << chunks;
  }
}

TEST(RequestReader, BoundsTheBody) {
  EXPECT_EQ(read_any_way(post(std::string(kBodyLimit, 'a'))).requests.size(), 1u);
  EXPECT_EQ(read_any_way(post(std::string(kBodyLimit + 1, 'a'))).refused, 413);
  EXPECT_EQ(read_any_way(kChunkedHead + "ffffffffffffffff\r\n").refused, 413);
  EXPECT_EQ(read_any_way(kChunkedHead + "1001\r\n").refused, 413);
  std::string pieces = kChunkedHead;
  for (uint64_t i = 0; i <= kBodyLimit; ++i) pieces += "1\r\na\r\n";
  EXPECT_EQ(read_any_way(pieces).refused, 413);
}

// The faults that ended the process or filled it: what nobody reads was gathered without bound.
TEST(RequestReader, BoundsWhatNobodyReads) {
  const auto refused_soon = [](const std::string& bytes, int status) {
    const Outcome outcome = read_all(bytes, 1000);
    EXPECT_EQ(outcome.refused, status) << bytes.substr(0, 120);
    EXPECT_LT(outcome.gathered, 16384u);
  };
  const std::string long_text(100'000, 'a');
  refused_soon("GET /" + long_text, 431);
  refused_soon("GET / HTTP/1.1\r\nX: " + long_text, 431);
  refused_soon(kChunkedHead + "1;x=" + long_text, 413);
  refused_soon(kChunkedHead + "0\r\nX: " + long_text, 413);
  std::string extensions = kChunkedHead, trailers = kChunkedHead + "0\r\n";
  for (int i = 0; i < 100; ++i) {
    extensions += "1;x=" + std::string(900, 'e') + "\r\na\r\n";
    trailers += "X: " + std::string(900, 't') + "\r\n";
  }
  refused_soon(extensions, 413);
  refused_soon(trailers, 413);
}

TEST(RequestReader, SaysWhatItIsInside) {
  RequestReader reader(8192);
  EXPECT_FALSE(reader.is_inside_request());
  reader.push("\r\n");
  EXPECT_EQ(reader.next(), Step::NeedsMore);
  EXPECT_FALSE(reader.is_inside_request());
  reader.push("POST /p HT");
  EXPECT_EQ(reader.next(), Step::NeedsMore);
  EXPECT_TRUE(reader.is_inside_request());
  EXPECT_FALSE(reader.is_reading_body());
  reader.push("TP/1.1\r\nContent-Length: 4\r\n\r\nab");
  EXPECT_EQ(reader.next(), Step::Head);
  EXPECT_TRUE(reader.has_body());
  reader.set_body_limit(10);
  EXPECT_EQ(reader.next(), Step::NeedsMore);
  EXPECT_TRUE(reader.is_reading_body());
  EXPECT_EQ(reader.body_bytes(), 2u);
  reader.push("cd");
  EXPECT_EQ(reader.next(), Step::Body);
  EXPECT_FALSE(reader.is_inside_request());
}

TEST(RequestReader, KnowsWhetherTheConnectionGoesOn) {
  const auto keeps = [](const std::string& head) {
    RequestReader reader(8192);
    reader.push(head);
    EXPECT_EQ(reader.next(), Step::Head);
    return reader.is_keep_alive();
  };
  EXPECT_TRUE(keeps(kGet));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
}

}  // namespace
}  // namespace greylag
