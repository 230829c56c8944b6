// SPDX-License-Identifier: Apache-2.0
// Are zips read that torch.save writes, and does no changed byte do harm? What is refused:
// tests/hostile.
#include "core/checkpoint/zip_directory.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using test::le;
using test::RawEntry;
using test::RawZip;

using Bend = std::function<void(RawZip&)>;

std::string bent(const Bend& bend) {
  RawZip zip = test::valid_zip();
  bend(zip);
  return test::zip_bytes(zip);
}

TEST(ZipDirectory, AcceptsWhatTorchWrites) {
  const std::string padding = le(0x4246, 2) + le(5, 2) + "ZZZZZ";
  const auto plain = [](RawZip& zip) {
    for (RawEntry& entry : zip.entries) entry.flags = 0;
  };
  const auto side_entries = [](RawZip& zip) {
    for (const char* name : {"a/byteorder", "a/.format_version", "a/.data/serialization_id"}) {
      RawEntry entry;
      entry.name = name;
      entry.data = "little";
      zip.entries.push_back(entry);
    }
  };
  for (const Bend& bend :
       {Bend([](RawZip&) {}), Bend([](RawZip& z) { z.has_zip64_end = true; }), Bend(plain),
        Bend([&](RawZip& z) { z.entries[1].local_extra = padding; }), Bend(side_entries)}) {
    const Status status = test::open_bytes(bent(bend));
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
}

TEST(ZipDirectory, RefusesOrSurvivesEveryFlippedByte) {
  const std::string whole = test::zip_bytes(test::valid_zip());
  const test::TempDir dir;
  for (size_t i = 0; i < whole.size(); i += 3) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
    test::write_bytes(dir / "flipped", flipped);
    const auto reader = open_checkpoint(dir / "flipped");
    if (!reader.ok()) {
      EXPECT_EQ(reader.error().code, ErrorCode::BadFile);
    }
  }
}

}  // namespace
}  // namespace greylag
