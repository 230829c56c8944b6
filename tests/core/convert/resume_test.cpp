// SPDX-License-Identifier: Apache-2.0
// A conversion that was cut short anywhere goes on, and its result is that of an undisturbed run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "core/base/file.h"
#include "core/base/resumable_file.h"
#include "core/convert/convert_checkpoint.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using gpu::DType;
using testing::HasSubstr;

// Unwinds without any of the steps that an orderly stop takes.
struct Crash : std::runtime_error {
  Crash() : std::runtime_error("crash") {}
};

class ResumeTest : public testing::TestWithParam<const char*> {
 protected:
  ResumeTest() {
    EXPECT_TRUE(test::write_tiny_checkpoint(source_, {.seed = 3, .dtype = DType::F32}));
    fs::create_directory(undisturbed_.parent_path());
    EXPECT_TRUE(convert_checkpoint(source_, undisturbed_, {.type = DType::BF16}));
  }
  static ConversionOptions options() { return {.type = DType::BF16, .threads = 2}; }
  // Runs until the call number `count` of the progress; false when it ended before.
  bool crash_at(int count) {
    ConversionOptions crashing = options();
    crashing.sync_every_bytes = 16 << 10;  // of some 330 KB
    crashing.progress = [&count](const ConversionProgress&) -> bool {
      if (count-- == 0) throw Crash();
      return true;
    };
    try {
      const auto done = convert_checkpoint(source_, out_, crashing);
      EXPECT_TRUE(done) << done.error().message;
      return false;
    } catch (const Crash&) {
      return true;
    }
  }
  Conversion finish(const ConversionOptions& how) {
    const auto done = convert_checkpoint(source_, out_, how);
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : Conversion();
  }
  static std::string bytes(const fs::path& path) { return read_text_file(path, 1 << 30).value(); }
  static fs::path out_path_on(const std::string& folder) {
    return fs::path(folder) / (std::string("out") + GetParam());
  }
  bool is_as_undisturbed() const { return bytes(out_) == bytes(undisturbed_); }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir_.path()), {}));
  }

  test::TempDir dir_;
  fs::path source_ = dir_ / "source.safetensors";
  fs::path out_ = dir_ / (std::string("out") + GetParam());
  // Of the same name, which a .gguf holds.
  fs::path undisturbed_ = dir_ / "undisturbed" / out_.filename();
};

TEST_P(ResumeTest, GoesOnFromAnyTensor) {
  int resumed = 0;
  for (int count = 0; count < 65; count += 13) {
    ASSERT_TRUE(crash_at(count));
    EXPECT_FALSE(fs::exists(out_));
    const Conversion done = finish(options());
    resumed += done.kept_bytes > 0;
    EXPECT_TRUE(is_as_undisturbed()) << count;
    EXPECT_EQ(entries(), 3u);
    fs::remove(out_);
  }
  EXPECT_EQ(resumed, 4);  // all but the first
}

TEST_P(ResumeTest, GoesOnAfterManyCrashesAndATornEnd) {
  for (int crashes = 0; crash_at(25); ++crashes) {
    ASSERT_LT(crashes, 20);
    std::ofstream(part_path(out_), std::ios::app | std::ios::binary) << "torn";
  }
  EXPECT_TRUE(is_as_undisturbed());
}

TEST_P(ResumeTest, DoesNotProduceAgainWhatIsSafe) {
  ASSERT_TRUE(crash_at(40));
  int calls = 0;
  ConversionOptions counting = options();
  counting.progress = [&calls](const ConversionProgress& progress) {
    EXPECT_GE(progress.done_bytes, progress.kept_bytes);
    return ++calls > 0;
  };
  const Conversion done = finish(counting);
  EXPECT_LT(calls, static_cast<int>(done.tensors) - 25);
  EXPECT_LT(done.read_bytes, fs::file_size(source_) * 2 / 3);
}

TEST_P(ResumeTest, StoppingKeepsAllThatWasWritten) {
  int calls = 0;
  ConversionOptions stopping = options();
  stopping.progress = [&calls](const ConversionProgress&) { return ++calls < 30; };
  const auto stopped = convert_checkpoint(source_, out_, stopping);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  EXPECT_THAT(stopped.error().message, HasSubstr("the same command goes on"));
  std::vector<std::string> notes;
  ConversionOptions noting = options();
  noting.note = [&notes](const std::string& note) { notes.push_back(note); };
  EXPECT_GT(finish(noting).kept_bytes, 0u);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0], HasSubstr("going on"));
  EXPECT_TRUE(is_as_undisturbed());
}

TEST_P(ResumeTest, AnotherTypeOrSourceBeginsAnew) {
  ASSERT_TRUE(crash_at(40));
  std::vector<std::string> notes;
  ConversionOptions other = options();
  other.type = DType::F16;
  other.note = [&notes](const std::string& note) { notes.push_back(note); };
  EXPECT_EQ(finish(other).kept_bytes, 0u);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0], HasSubstr("discarded"));

  ASSERT_TRUE(crash_at(40));
  fs::last_write_time(source_, fs::last_write_time(source_) + std::chrono::seconds(2));
  EXPECT_EQ(finish(options()).kept_bytes, 0u);
  EXPECT_TRUE(is_as_undisturbed());
}

TEST_P(ResumeTest, RestartBeginsAnew) {
  ASSERT_TRUE(crash_at(40));
  ConversionOptions restarting = options();
  restarting.is_restarting = true;
  EXPECT_EQ(finish(restarting).kept_bytes, 0u);
  EXPECT_TRUE(is_as_undisturbed());
}

TEST_P(ResumeTest, ASourceThatChangesOnTheWayIsNoticed) {
  ConversionOptions changing = options();
  changing.progress = [this](const ConversionProgress&) {
    fs::last_write_time(source_, fs::last_write_time(source_) + std::chrono::seconds(1));
    return true;
  };
  const auto done = convert_checkpoint(source_, out_, changing);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("changed"));
  EXPECT_EQ(entries(), 2u);
}

// A folder that is a disk of 1 MiB.
struct SmallDisk {
  explicit SmallDisk(const fs::path& path) : folder(path.string()) {
    fs::create_directories(path);
    is_mounted = run("mount -t tmpfs -o size=1m greylag-test " + folder + " 2>/dev/null");
  }
  ~SmallDisk() {
    if (is_mounted) {
      EXPECT_TRUE(run("umount " + folder));
    }
  }
  static bool run(const std::string& command) { return std::system(command.c_str()) == 0; }
  std::string folder;
  bool is_mounted;
};

TEST_P(ResumeTest, AFullDiskIsForeseen) {
  const SmallDisk disk(dir_ / "disk");
  if (!disk.is_mounted) GTEST_SKIP() << "mounting a small tmpfs is not allowed here";
  const fs::path source = dir_ / "large.safetensors";
  ASSERT_TRUE(test::write_tiny_checkpoint(source, {.layers = 8}));
  const auto done = convert_checkpoint(source, out_path_on(disk.folder), options());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::NoSpace);
  EXPECT_THAT(done.error().message, HasSubstr("MB are needed"));
  EXPECT_TRUE(fs::is_empty(disk.folder));
}

TEST_P(ResumeTest, GoesOnWhenAFullDiskHasRoomAgain) {
  const SmallDisk disk(dir_ / "disk");
  if (!disk.is_mounted) GTEST_SKIP() << "mounting a small tmpfs is not allowed here";
  const fs::path out = out_path_on(disk.folder);
  const fs::path filler = fs::path(disk.folder) / "filler";
  int calls = 0;
  ConversionOptions filling = options();
  filling.sync_every_bytes = 16 << 10;
  filling.progress = [&](const ConversionProgress&) {
    if (++calls == 30) std::ofstream(filler, std::ios::binary) << std::string(1 << 20, 'x');
    return true;
  };
  const auto full = convert_checkpoint(source_, out, filling);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::NoSpace) << full.error().message;
  EXPECT_FALSE(fs::exists(out));
  fs::remove(filler);
  const auto done = convert_checkpoint(source_, out, options());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_GT(done->kept_bytes, 0u);
  EXPECT_EQ(bytes(out), bytes(undisturbed_));
}

INSTANTIATE_TEST_SUITE_P(Formats, ResumeTest, testing::Values(".pth", ".safetensors", ".gguf"),
                         [](const auto& format) { return std::string(format.param + 1); });

}  // namespace
}  // namespace greylag
